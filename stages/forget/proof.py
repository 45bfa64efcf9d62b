"""The proof: every file of a workspace and of DVC's cache is searched for what must be gone.

It looks for the writings themselves, not for their hashes, by other means than the purge: so a
mistake there is found here.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stages.forget import contents, normal_forms

# Git's own history, and the project's code and pages: text that people wrote and git keeps.
SKIPPED = (".git", "__pycache__")
WRITTEN = (".py", ".md")
NEAR = 40  # characters beside a word that are looked at


@dataclass(frozen=True)
class Traces:
    """What to look for. `pictures` are hashes of bytes: pictures as fetched, and faces."""

    names: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()
    pictures: frozenset[str] = frozenset()

    def count(self, part: contents.Part) -> int:
        """How many of them stand in a text, or whether a picture is one of them."""
        if isinstance(part, contents.Unread):
            return 0
        if isinstance(part, bytes):
            return hashlib.sha256(part).hexdigest() in self.pictures
        text = normal_forms.fold(normal_forms.plain(part))
        names = sum(_is_name_in(normal_forms.name(name), text) for name in self.names)
        urls = sum(any(_is_address_in(form, text) for form in _forms(url)) for url in self.urls)
        return names + urls + sum(picture in text for picture in self.pictures)


def _is_name_in(form: str, text: str) -> bool:
    """Whether a name in its normal form stands in a folded text."""
    joined = normal_forms.is_joined(form)
    words = form.split()
    # Far faster than a pattern in the many texts that lack even these.
    if not words or not all(word in text for word in (form if joined else words)):
        return False
    if joined:
        return bool(_joined(form).search(text))
    between = r"(?:[^\w\0]|_){1,3}".join(map(re.escape, words))
    matches = re.finditer(rf"(?<![^\W_]){between}(?![^\W_])", text)
    return any(len(words) > 1 or _is_alone(text, *match.span()) for match in matches)


def _is_alone(text: str, start: int, end: int) -> bool:
    """Whether nothing but numbers and signs is between a word and the edges on either side."""
    before, after = text[max(0, start - NEAR) : start], text[end : end + NEAR]
    left = r"^" if start < NEAR else r"(?!)"
    right = r"$" if end + NEAR >= len(text) else r"(?!)"
    return bool(
        re.search(rf"(?:{left}|{normal_forms.EDGE})[\W\d_]*$", before)
        and re.match(rf"[\W\d_]*(?:{right}|{normal_forms.EDGE})", after)
    )


def _joined(form: str) -> re.Pattern[str]:
    """A name of a script without blanks: anywhere, with gaps in it or not.

    Two syllables of Hangul must begin a word, and end it but for a particle.
    """
    gap = f"(?:{normal_forms.GAP}){{0,2}}"
    if len(form) > 2 or not re.fullmatch(f"[{normal_forms.HANGUL}]+", form):
        return re.compile(gap.join(form))
    hangul, particles = normal_forms.HANGUL, "|".join(normal_forms.PARTICLES)
    return re.compile(rf"(?<![{hangul}]){gap.join(form)}(?:{particles})?(?![{hangul}])")


def _forms(url: str) -> set[str]:
    """An address as tables hold it, without secrets, and as it may stand elsewhere."""
    forms = (normal_forms.address, normal_forms.address_as_written)
    return {normal_forms.fold(form(url)) for form in forms}


def _is_address_in(url: str, text: str) -> bool:
    """Whether an address stands in a text, and not only a longer one that begins with it."""
    end = r"(?=[.,;:)\]]*(?:[\s\"'<>\\\0]|$))"
    return url in text and bool(re.search(rf"(?<![\w.-]){re.escape(url)}{end}", text))


@dataclass
class SearchReport:
    """What was searched in one place: which files hold how many traces, and which are unread."""

    place: str
    files: int = 0
    bytes: int = 0
    found: dict[str, int] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)  # with the reason


def search(places: Iterable[Path], traces: Traces, skip: Iterable[Path] = ()) -> list[SearchReport]:
    """Search all files below some places, each file once, whatever it is called."""
    seen: set[tuple[int, int]] = set()
    skipped = [path.resolve() for path in skip]
    reports = []
    for place in places:
        report = SearchReport(str(place))
        reports.append(report)
        for path in files(place, skipped):
            name = path.relative_to(place).as_posix()
            count = traces.count(name) + _search_file(path, name, traces, report, seen)
            if count:
                report.found[name] = count
    return reports


def _search_file(
    path: Path, name: str, traces: Traces, report: SearchReport, seen: set[tuple[int, int]]
) -> int:
    """The traces in a file that was not seen before; notes what of it could not be read."""
    count = 0
    try:
        status = path.stat()
        if (status.st_dev, status.st_ino) in seen:
            return 0
        seen.add((status.st_dev, status.st_ino))
        report.files += 1
        report.bytes += status.st_size
        for part in contents.parts(path):
            count += traces.count(part)
            if isinstance(part, contents.Unread):
                report.unread[name] = part.reason
    except FileNotFoundError:  # gone in the meantime
        pass
    except OSError as error:
        report.unread[name] = error.strerror or type(error).__name__
    return count


def files(place: Path, skip: Iterable[Path] = ()) -> Iterator[Path]:
    """Every plain file below a place but those of git, of virtual environments, and code."""
    left = set(skip)
    for folder, folders, names in os.walk(place):
        here = Path(folder)
        folders[:] = [
            name
            for name in folders
            if name not in SKIPPED
            and not (here / name / "pyvenv.cfg").exists()
            and (here / name).resolve() not in left
        ]
        paths = (here / name for name in sorted(names) if not name.endswith(WRITTEN))
        yield from (path for path in paths if path.is_file() and not path.is_symlink())
