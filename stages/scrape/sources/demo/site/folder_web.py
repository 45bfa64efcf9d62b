"""A folder of pictures shown as a web. No mishaps."""

import mimetypes
from collections.abc import Container, Sequence
from pathlib import Path
from urllib.parse import quote, unquote

from stages.core import store
from stages.core.catalogue import Celebrity
from stages.scrape.datasets import people
from stages.scrape.sources.demo.site.hits import Hit
from stages.scrape.sources.demo.site.hosts import PICTURES
from stages.scrape.sources.demo.site.reply import Reply

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")


class FolderWeb:
    """The pictures of a folder, each person's as the hits for their name.

    Whose a picture is, its name or that of a folder around it says, as in `people.owner`.
    """

    def __init__(self, folder: Path, celebrities: Sequence[Celebrity]) -> None:
        self._folder = folder
        self.people = {row.identity: row.query for row in celebrities}
        self._files = pictures_by_owner(folder, self.people)

    def hits(self, identity: str) -> Sequence[Hit]:
        """A person's pictures in order of their paths."""
        return [self._hit(identity, file) for file in self._files.get(identity, ())]

    def file(self, target: str) -> Reply | None:
        """A picture of the folder; None for every path that is not among a search's hits."""
        identity, _, file = unquote(target.partition("?")[0]).removeprefix("/").partition("/")
        if file not in self._files.get(identity, ()):
            return None
        content_type = mimetypes.guess_type(file)[0] or "application/octet-stream"
        return Reply(content_type=content_type, body=(self._folder / file).read_bytes())

    def _hit(self, identity: str, file: str) -> Hit:
        # Other bytes must have another address, as what was fetched is not fetched again.
        version = store.digest(self._folder / file)[:8]
        return Hit(
            url=f"http://{PICTURES}/{identity}/{quote(file)}?v={version}",
            page_url=f"http://{PICTURES}/people/{identity}",
            title=self.people[identity],
            kind=file,
            expected=None,
        )


def pictures_by_owner(folder: Path, identities: Container[str]) -> dict[str, list[str]]:
    """Each identity's picture files, relative to the folder; none that a link leads out of it."""
    pictures: dict[str, list[str]] = {}
    for file in people.files(folder):
        identity = people.owner(file, identities)
        path = folder / file
        if identity and path.suffix.lower() in _SUFFIXES and not people.leaves(folder, path):
            pictures.setdefault(identity, []).append(file)
    return pictures
