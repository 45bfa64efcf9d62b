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

from stages.forget import contents, normal

# Git's own history, and the project's code and pages: text that people wrote and git keeps.
SKIPPED = (".git", "__pycache__")
WRITTEN = (".py", ".md")


@dataclass(frozen=True)
class Traces:
    """What to look for. `pictures` are hashes of bytes: pictures as fetched, and faces."""

    names: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()
    pictures: frozenset[str] = frozenset()

    def count(self, part: contents.Part) -> int:
        """How many of them stand in a text, or whether a picture is one of them."""
        if isinstance(part, bytes):
            return hashlib.sha256(part).hexdigest() in self.pictures
        text = normal.fold(normal.plain(part))
        names = sum(bool(_pattern(name).search(text)) for name in self.names)
        urls = sum(any(_is_address_in(form, text) for form in _forms(url)) for url in self.urls)
        return names + urls + sum(picture in text for picture in self.pictures)


def _pattern(name: str) -> re.Pattern[str]:
    """A name of several words with anything but letters between them; one word, on its own."""
    words = [re.escape(word) for word in normal.name(name).split()]
    if len(words) == 1:
        return re.compile(rf"(?:^|{normal.EDGE})\s*{words[0]}\s*(?:$|{normal.EDGE})")
    between = r"(?:[^\w\0]|_){1,3}".join(words)
    return re.compile(rf"(?<![^\W_]){between}(?![^\W_])")


def _forms(url: str) -> set[str]:
    """An address as tables hold it, without secrets, and as it may stand elsewhere."""
    return {normal.fold(form(url)) for form in (normal.address, normal.address_as_written)}


def _is_address_in(url: str, text: str) -> bool:
    """Whether an address stands in a text, and not only a longer one that begins with it."""
    end = r"(?=[.,;:)\]]*(?:[\s\"'<>\\\0]|$))"
    return url in text and bool(re.search(rf"(?<![\w.-]){re.escape(url)}{end}", text))


@dataclass
class SearchReport:
    """What was searched in one place, and which files still hold how many traces."""

    place: str
    files: int = 0
    bytes: int = 0
    found: dict[str, int] = field(default_factory=dict)


def search(places: Iterable[Path], traces: Traces, skip: Iterable[Path] = ()) -> list[SearchReport]:
    """Search all files below some places, each file once, whatever it is called."""
    seen: set[tuple[int, int]] = set()
    left = [path.resolve() for path in skip]
    outcomes = []
    for place in places:
        outcome = SearchReport(str(place))
        outcomes.append(outcome)
        for path in files(place, left):
            status = path.stat()
            name = path.relative_to(place).as_posix()
            count = traces.count(name)
            if (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                outcome.files += 1
                outcome.bytes += status.st_size
                count += sum(map(traces.count, contents.parts(path)))
            if count:
                outcome.found[name] = count
    return outcomes


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
