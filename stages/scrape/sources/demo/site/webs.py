"""What the demo site shows: invented people, or the pictures of a folder.

Both answer the same three questions, and the server needs no others: who is there (`people`, names
by identity), what a search for one of them finds, and what a file's address gives.
"""

import mimetypes
import threading
from collections import Counter
from collections.abc import Container, Sequence
from pathlib import Path
from urllib.parse import quote, unquote

from stages.core import store
from stages.core.catalogue import Celebrity
from stages.scrape.datasets import people
from stages.scrape.sources.demo.site import mishaps
from stages.scrape.sources.demo.site.mishaps import Reply
from stages.scrape.sources.demo.site.search_results import (
    DEMO,
    PICTURES,
    Plan,
    Result,
    Tile,
    results,
)

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")


class Drawn:
    """Invented people and everything that happens on the way to their pictures."""

    def __init__(self, celebrities: Sequence[Celebrity], plan: Plan = DEMO) -> None:
        self.people = {row.identity: row.query for row in celebrities}
        self._rows = {row.identity: row for row in celebrities}
        self._plan = plan
        self._found: dict[str, dict[str, Result]] = {}
        self._visits: Counter[str] = Counter()
        self._lock = threading.Lock()

    def tiles(self, identity: str) -> Sequence[Tile]:
        """The results of a search for a person, best first."""
        return list(self._results(identity).values())

    def file(self, target: str) -> Reply | None:
        """What the path and query of a picture's URL give; None when nothing is there."""
        plain = target.removesuffix(mishaps.HOP)
        result = self._results(_folder(plain)).get(plain)
        if result is None:
            return None
        with self._lock:
            self._visits[target] += 1
            visit = self._visits[target]
        return mishaps.reply(result, plain != target, visit)

    def _results(self, identity: str) -> dict[str, Result]:
        """By path and query; worked out when they are first asked for."""
        if identity not in self._found:
            if identity not in self._rows:
                return {}
            found = results(self._rows[identity], self._plan)
            self._found[identity] = {_target(result.url): result for result in found}
        return self._found[identity]


class Folder:
    """The pictures of a folder, each person's as the results for their name. No mishaps.

    Whose a picture is, its name or that of a folder around it says, as in `people.owner`.
    """

    def __init__(self, folder: Path, celebrities: Sequence[Celebrity]) -> None:
        self._folder = folder
        self.people = {row.identity: row.query for row in celebrities}
        self._files = pictures(folder, self.people)

    def tiles(self, identity: str) -> Sequence[Tile]:
        """A person's pictures in order of their paths."""
        return [self._tile(identity, file) for file in self._files.get(identity, ())]

    def file(self, target: str) -> Reply | None:
        """A picture of the folder; None for every path that is not in a search's results."""
        identity, _, file = unquote(target.partition("?")[0]).removeprefix("/").partition("/")
        if file not in self._files.get(identity, ()):
            return None
        content_type = mimetypes.guess_type(file)[0] or "application/octet-stream"
        return Reply(content_type=content_type, body=(self._folder / file).read_bytes())

    def _tile(self, identity: str, file: str) -> Tile:
        # Other bytes must have another address, as what was fetched is not fetched again.
        version = store.digest(self._folder / file)[:8]
        return Tile(
            url=f"http://{PICTURES}/{identity}/{quote(file)}?v={version}",
            page_url=f"http://{PICTURES}/people/{identity}",
            title=self.people[identity],
            kind=file,
            expected=None,
        )


def pictures(folder: Path, identities: Container[str]) -> dict[str, list[str]]:
    """Each identity's picture files, relative to the folder; none that a link leads out of it."""
    found: dict[str, list[str]] = {}
    for file in people.files(folder):
        identity = people.owner(file, identities)
        path = folder / file
        if identity and path.suffix.lower() in _SUFFIXES and not people.leaves(folder, path):
            found.setdefault(identity, []).append(file)
    return found


def _target(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def _folder(target: str) -> str:
    """The last folder of a path: the person's, also below `/private`."""
    return target.partition("?")[0].rpartition("/")[0].rpartition("/")[2]
