"""What an image search knows of each invented celebrity, and the truth about every result.

Pure: a class's results follow from its own catalogue row, so adding, changing or dropping another
class changes none of them. `Result.expected` and `Result.faces` are what tests hold the scraper
and the detector against.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from stages.core.catalogue import Celebrity
from stages.scrape.sources.demo.painter.person import Person, Shot, person, seeded, shot

PICTURES, CDN = "pictures.demo.test", "cdn.demo.test"

PAINTING = 1  # raise it when the same shot of the same person is painted otherwise

# Forms of a class's good pictures, by shot index; the shots after these are plain portraits.
FORMS = ("portrait", "portrait", "webp", "png", "grey", "cmyk", "rotated", "moved")
# In every class; all but the last are kept. `duplicate` repeats shot 0, `near_duplicate` shot 1.
USUAL = ("two_faces", "no_face", "namesake", "near_duplicate", "duplicate")
# Kind: the reason the scraper must give, or None where it must keep the picture.
CHEAP: Mapping[str, str | None] = MappingProxyType({
    "truncated": "truncated",
    "page": "not_an_image",
    "missing": "not_found",
    "forbidden": "forbidden",
    "paywalled": "http_error",
    "opted_out": "opted_out",
    "disallowed": "robots_disallowed",
    "empty": "empty_body",
    "tiny": "too_small",
    "huge_canvas": "too_many_pixels",
    "private_address": "blocked_address",
    "own_address": "blocked_address",
    "loop": "redirect_loop",
    "bomb": "compressed_body",
})  # fmt: skip
COSTLY: Mapping[str, str | None] = MappingProxyType({  # in time: waits and repeated tries
    "later": None,
    "busy": None,
    "broken": "server_error",
    "dropped": "connection_error",
    "drip": "timeout",
    "oversized": "too_large",
    "endless": "too_large",
})  # fmt: skip

_SUFFIXES = {"webp": "jpg", "png": "png", "grey": "JPG", "moved": "jpeg"}
_EVENTS = ("at a premiere", "on stage", "in the press room", "at home", "on the red carpet",
           "at the summit", "after the match", "in an interview")  # fmt: skip
_SALT = "results-149"  # chosen so that the people of data/celebrities.csv show every kind


@dataclass(frozen=True)
class Tile:
    """One search result. `expected` is None for a picture that the scraper must keep."""

    url: str
    page_url: str
    title: str
    kind: str
    expected: str | None


@dataclass(frozen=True)
class Result(Tile):
    """A result of the drawn site: who is really in it (None: nobody) and in which shot."""

    faces: int
    person: Person | None
    shot: Shot | None


@dataclass(frozen=True)
class Plan:
    """How much a class shows. `mishaps` None: some of each sort, drawn from the class's name."""

    portraits: int = 14
    fresh: int = 4  # new portraits with each edition after the first
    mishaps: tuple[str, ...] | None = None


DEMO = Plan()
EVERYTHING = Plan(portraits=len(FORMS), mishaps=(*CHEAP, *COSTLY))


def known(celebrity: Celebrity) -> dict[str, str]:
    """What the catalogue says of a person, as `people.person` takes it."""
    born = celebrity.birth_date.isoformat() if celebrity.birth_date else ""
    return {**celebrity.labels, "birth_date": born}


def results(celebrity: Celebrity, plan: Plan = DEMO) -> list[Result]:
    """The class's results in order of rank: what is new in its edition first, as searches do."""
    one = person(celebrity.identity, known(celebrity))
    first = [_result(celebrity, one, kind, index) for kind, index in _first(celebrity, plan)]
    fresh = plan.fresh * (celebrity.edition - 1)
    return [
        *(_result(celebrity, one, "portrait", 1000 + index) for index in reversed(range(fresh))),
        *first,
    ]


def _first(celebrity: Celebrity, plan: Plan) -> list[tuple[str, int]]:
    """Kinds and shot indices of the first edition; the exact duplicate after its original."""
    chance = seeded(_SALT, celebrity.identity)
    forms = FORMS + ("portrait",) * plan.portraits
    kinds = [(forms[index], index) for index in range(plan.portraits)]
    mishaps = plan.mishaps
    if mishaps is None:
        mishaps = (
            *chance.sample(list(CHEAP), 2),
            *chance.sample(list(COSTLY), chance.randrange(2)),
        )
    others = [(kind, 200 + number) for number, kind in enumerate((*USUAL[:-1], *mishaps))]
    mixed = kinds + others
    chance.shuffle(mixed)
    return [*mixed, (USUAL[-1], 0)]


def _result(celebrity: Celebrity, one: Person, kind: str, index: int) -> Result:
    slug = celebrity.identity
    plain = Result(
        url=_url(slug, one, kind, index),
        page_url=f"http://{PICTURES}/people/{slug}",
        title=f"{celebrity.query} {_EVENTS[index % len(_EVENTS)]}",
        kind=kind,
        expected={**CHEAP, **COSTLY, "duplicate": "duplicate"}.get(kind),
        faces=1,
        person=one,
        shot=shot(one, index),
    )
    if kind == "no_face":
        return replace(plain, faces=0, person=None, shot=None)
    if kind == "two_faces":
        return replace(plain, faces=2)
    if kind == "near_duplicate":
        return replace(plain, shot=shot(one, 1))
    if kind == "namesake":
        other = person(f"{slug}-namesake", {"gender": one.gender})
        return replace(plain, person=other, shot=shot(other, index))
    return plain


def _url(slug: str, one: Person, kind: str, index: int) -> str:
    host = (PICTURES, CDN)[index % 2]
    folder = f"private/{slug}" if kind == "disallowed" else slug
    if kind == "disallowed":
        host = PICTURES  # the one whose robots.txt says so
    name = f"{index:03d}{'' if kind == 'portrait' else '-' + kind.replace('_', '-')}"
    return f"http://{host}/{folder}/{name}.{_SUFFIXES.get(kind, 'jpg')}?v={_version(one)}"


def _version(one: Person) -> str:
    """Changes with the looks, as other bytes at an old URL would never be fetched again."""
    return hashlib.sha256(f"{PAINTING} {one!r}".encode()).hexdigest()[:8]
