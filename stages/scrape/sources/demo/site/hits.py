"""What an image search knows of each invented celebrity, and the truth about every hit.

Pure: a class's hits follow from its own catalogue row, so adding, changing or dropping another
class changes none of them. `DrawnHit.expected` and `DrawnHit.faces` are what tests hold the scraper
and the detector against.
"""

import hashlib
from dataclasses import dataclass, replace

from stages.core.catalogue import Celebrity
from stages.scrape.sources.demo.painter.person import Person, invent_person
from stages.scrape.sources.demo.painter.seeding import seeded_random
from stages.scrape.sources.demo.painter.shot import Shot, compose_shot
from stages.scrape.sources.demo.painter.vocabulary import SHOWN
from stages.scrape.sources.demo.site.hosts import CDN, PICTURES
from stages.scrape.sources.demo.site.kinds import ALWAYS, FORMS, QUICK, REASONS, SLOW

PAINTING = 1  # raise it when the same shot of the same person is painted otherwise

_SUFFIXES = {"webp": "jpg", "png": "png", "grey": "JPG", "moved": "jpeg"}
_EVENTS = ("at a premiere", "on stage", "in the press room", "at home", "on the red carpet",
           "at the summit", "after the match", "in an interview")  # fmt: skip
_SALT = "results-149"  # chosen so that the people of data/celebrities.csv show every kind


@dataclass(frozen=True)
class Hit:
    """One entry of a search. `expected`: why the scraper must leave it out, None to keep it."""

    url: str
    page_url: str
    title: str
    kind: str
    expected: str | None


@dataclass(frozen=True)
class DrawnHit(Hit):
    """A hit of the drawn site: who is really in it (None: nobody) and in which shot."""

    faces: int
    person: Person | None
    shot: Shot | None


@dataclass(frozen=True)
class Assortment:
    """How many hits of which kinds a class has.

    mishaps: their kinds; None draws some of each sort from the class's name.
    """

    portraits: int = 14
    fresh: int = 4  # new portraits with each edition after the first
    mishaps: tuple[str, ...] | None = None


DEMO = Assortment()
EVERYTHING = Assortment(portraits=len(FORMS), mishaps=(*QUICK, *SLOW))


def facts(celebrity: Celebrity) -> dict[str, str]:
    """What the catalogue says of a person, as `invent_person` takes it."""
    born = celebrity.birth_date.isoformat() if celebrity.birth_date else ""
    shown = {name: text for name, text in celebrity.traits.items() if name in SHOWN}
    return {**shown, "birth_date": born}


def search_hits(celebrity: Celebrity, assortment: Assortment = DEMO) -> list[DrawnHit]:
    """The class's hits in order of rank: what is new in its edition first, as searches do."""
    person = invent_person(celebrity.identity, facts(celebrity))
    fresh = assortment.fresh * (celebrity.edition - 1)
    kinds = [("portrait", 1000 + index) for index in reversed(range(fresh))]
    kinds += _first_edition(celebrity, assortment)
    return [_hit(celebrity, person, kind, index) for kind, index in kinds]


def _first_edition(celebrity: Celebrity, assortment: Assortment) -> list[tuple[str, int]]:
    """Kinds and shot indices of the first edition; the exact duplicate after its original."""
    rng = seeded_random(_SALT, celebrity.identity)
    forms = FORMS + ("portrait",) * assortment.portraits
    kinds = [(forms[index], index) for index in range(assortment.portraits)]
    mishaps = assortment.mishaps
    if mishaps is None:
        mishaps = (*rng.sample(list(QUICK), 2), *rng.sample(list(SLOW), rng.randrange(2)))
    kinds += [(kind, 200 + number) for number, kind in enumerate((*ALWAYS[:-1], *mishaps))]
    rng.shuffle(kinds)
    return [*kinds, (ALWAYS[-1], 0)]


def _hit(celebrity: Celebrity, person: Person, kind: str, index: int) -> DrawnHit:
    slug = celebrity.identity
    hit = DrawnHit(
        url=_url(person, kind, index),
        page_url=f"http://{PICTURES}/people/{slug}",
        title=f"{celebrity.query} {_EVENTS[index % len(_EVENTS)]}",
        kind=kind,
        expected=REASONS.get(kind),
        faces=1,
        person=person,
        shot=compose_shot(person, index),
    )
    if kind == "no_face":
        return replace(hit, faces=0, person=None, shot=None)
    if kind == "two_faces":
        return replace(hit, faces=2)
    if kind == "near_duplicate":
        return replace(hit, shot=compose_shot(person, 1))
    if kind == "namesake":
        namesake = invent_person(f"{slug}-namesake", {"gender": person.gender})
        return replace(hit, person=namesake, shot=compose_shot(namesake, index))
    return hit


def _url(person: Person, kind: str, index: int) -> str:
    host, folder = (PICTURES, CDN)[index % 2], person.slug
    if kind == "disallowed":
        host, folder = PICTURES, f"private/{person.slug}"  # as its robots.txt says
    name = f"{index:03d}{'' if kind == 'portrait' else '-' + kind.replace('_', '-')}"
    return f"http://{host}/{folder}/{name}.{_SUFFIXES.get(kind, 'jpg')}?v={_version(person)}"


def _version(person: Person) -> str:
    """Changes with the looks, as other bytes at an old URL would never be fetched again."""
    return hashlib.sha256(f"{PAINTING} {person!r}".encode()).hexdigest()[:8]
