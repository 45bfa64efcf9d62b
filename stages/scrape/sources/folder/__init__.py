"""Pictures of a folder, with an optional `people.csv` that says whose they are.

Without that file, a sub-folder's name is the identity of the pictures in it.
"""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

from stages.core.catalogue import Celebrity
from stages.core.program import InputError
from stages.core.store import Store
from stages.core.texts import PERSON
from stages.scrape.datasets import people, reading
from stages.scrape.datasets.files import Folder
from stages.scrape.datasets.reading import Annotation, Item
from stages.scrape.params import Params
from stages.scrape.source import Crawled, Partition

NAME = "folder"
SHOWN = 5  # names in a warning
log = logging.getLogger(__name__)


def plan(path: Path, params: Params) -> list[Partition]:
    """A partition per `params.files_per_partition` files in order of their paths.

    `InputError` when there is no such folder, when it is empty, or when people.csv is wrong.
    """
    if not path.is_dir():
        raise InputError(f"{path}: no such folder")
    files = Folder(path)
    known = _people(path)
    items = [
        reading.item_of(member, params, _note(people.owner(member.name, known), known))
        for member in files.members()
        if member.name != people.PEOPLE_FILE
    ]
    if not items:
        raise InputError(f"{path}: holds no file; source folder needs a folder of pictures")
    _warn_of_nobody(path, known, items)
    return reading.plan(NAME, items, files, describe, params)


def crawl(
    partitions: list[Partition], path: Path, params: Params, store: Store
) -> Iterator[Crawled]:
    """Read each partition's pictures; every file is an attempt, the good ones are images.

    Texts in a picture's EXIF take precedence over those about the person.
    """
    yield from reading.crawl(NAME, partitions, Folder(path), describe, params, with_exif=True)


def describe(item: Item) -> Annotation:
    """Whose picture it is and what people.csv says of that person, as `_note` wrote it."""
    identity, *words = item.note
    return Annotation(identity or None, dict(zip(words[::2], words[1::2], strict=True)))


def _people(folder: Path) -> dict[str, Celebrity] | None:
    """Everyone in people.csv by identity; None without that file."""
    if not (folder / people.PEOPLE_FILE).exists():
        return None
    return {person.identity: person for person in people.read(folder)}


def _note(identity: str | None, known: Mapping[str, Celebrity] | None) -> tuple[str, ...]:
    person = known.get(identity) if known and identity else None
    if person is None:
        return (identity or "",)
    born = {"birth_date": person.birth_date.isoformat()} if person.birth_date else {}
    words = born | {PERSON + name: text for name, text in person.traits.items()}
    return (person.identity, *(text for pair in words.items() for text in pair))


def _warn_of_nobody(folder: Path, known: Mapping[str, Celebrity] | None, items: list[Item]) -> None:
    """Warn of annotations and pictures that do not match; a typing mistake looks like this."""
    if known is None:
        return
    owners = {item.note[0] for item in items}
    missing = [name for name in known if name not in owners]
    nobodys = sum(not item.note[0] for item in items)
    where = folder / people.PEOPLE_FILE
    if missing:
        names = ", ".join(missing[:SHOWN])
        log.warning("%s: no picture of %d of %d people: %s", where, len(missing), len(known), names)
    if nobodys:
        log.warning("%s: %d of %d files are nobody's on the list", where, nobodys, len(items))
