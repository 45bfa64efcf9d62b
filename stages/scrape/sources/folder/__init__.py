"""Pictures of a folder, with an optional `people.csv` that says whose they are.

Without one, a sub-folder's name is the identity of the pictures in it.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from stages.core.catalogue import Celebrity
from stages.core.program import InputError
from stages.core.progress import Progress
from stages.core.store import Store, digest
from stages.core.texts import PERSON
from stages.pictures.decoder import Rejected
from stages.pictures.inspection import inspect
from stages.scrape.datasets import people
from stages.scrape.rows import Row, attempt_row, image_row
from stages.scrape.source import Crawled, Partition, Scrape

NAME = "folder"


class Entry(NamedTuple):
    """What is known of a file before it is opened as a picture: a line of the fingerprint.

    `digest` is None where `reason` says why the file was not read; `repeats` is an earlier file
    of the same identity and bytes.
    """

    file: str
    identity: str | None
    said: dict[str, str]  # of the person, by name
    digest: str | None
    reason: str | None
    repeats: str | None


def plan(given: Path, params: Scrape) -> list[Partition]:
    """A partition per `params.files_per_partition` files in order of their paths.

    `InputError` when there is no such folder, when it is empty, or when people.csv is wrong.
    """
    if not given.is_dir():
        raise InputError(f"{given}: no such folder")
    entries = _entries(given, params)
    if not entries:
        raise InputError(f"{given}: holds no file; source folder needs a folder of pictures")
    size = params.files_per_partition
    chunks = [entries[start : start + size] for start in range(0, len(entries), size)]
    return [
        Partition(
            name=f"part-{number:05d}",
            fingerprint={"engine": NAME, "files": [entry._asdict() for entry in chunk]},
            items=tuple(entry.file for entry in chunk),
        )
        for number, chunk in enumerate(chunks)
    ]


def crawl(
    partitions: list[Partition], given: Path, params: Scrape, store: Store
) -> Iterator[Crawled]:
    """Read each partition's pictures; every file is an attempt, the good ones are images."""
    total = sum(len(partition.items) for partition in partitions)
    with ThreadPoolExecutor(params.threads) as threads, closing(Progress(total, "picture")) as done:
        for partition in partitions:
            entries = [Entry(**each) for each in partition.fingerprint["files"]]
            crawled = Crawled(partition)
            readings = threads.map(lambda entry: _read(given, entry, params), entries)
            for rank, (entry, (image, reason, detail)) in enumerate(
                zip(entries, readings, strict=True), start=1
            ):
                if image:
                    crawled.images.append(image)
                if reason == "changed":
                    crawled.final = False  # the next run reads it as it is then
                crawled.attempts.append(_attempt(entry, rank, reason, detail))
                done.advance()
            yield crawled


def _entries(folder: Path, params: Scrape) -> list[Entry]:
    listed = (folder / people.PEOPLE_FILE).exists()
    known = {one.identity: one for one in people.read(folder)} if listed else None
    first: dict[tuple[str | None, str], str] = {}
    entries = []
    for file in people.files(folder):
        if file == people.PEOPLE_FILE:
            continue
        identity = people.owner(file, known)
        content, reason = _fingerprint(folder, file, params)
        repeats = first.setdefault((identity, content), file) if content else None
        said = _said(known[identity]) if known and identity else {}
        repeats = None if repeats == file else repeats
        entries.append(Entry(file, identity, said, content, reason, repeats))
    return entries


def _said(person: Celebrity) -> dict[str, str]:
    """What `people.csv` says of a person, apart from what is said of a picture."""
    born = {"birth_date": person.birth_date.isoformat()} if person.birth_date else {}
    return born | {PERSON + name: text for name, text in person.traits.items()}


def _fingerprint(folder: Path, file: str, params: Scrape) -> tuple[str | None, str | None]:
    """The digest of a file's bytes, or why it is not even read."""
    path = folder / file
    if people.leaves(folder, path):
        return None, "outside_folder"
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return None, "not_a_file"  # a pipe would be waited on for ever
        if status.st_size > params.max_bytes:
            return None, "too_large"
        return digest(path), None
    except OSError:  # a link that leads nowhere, a file that may not be read
        return None, "unreadable"


Reading = tuple[Row | None, str | None, str | None]  # an image, or reason and detail


def _read(folder: Path, entry: Entry, params: Scrape) -> Reading:
    if entry.reason:
        return None, entry.reason, None
    if entry.repeats:
        return None, "duplicate", f"same bytes as {entry.repeats}"
    try:
        body = (folder / entry.file).read_bytes()
    except OSError as error:
        return None, "changed", os.strerror(error.errno or 0)
    if entry.digest is None or hashlib.sha256(body).hexdigest() != entry.digest:
        return None, "changed", None
    try:
        picture = inspect(body, params.limits)
    except Rejected as rejected:
        return None, rejected.reason, rejected.detail
    image = image_row(
        picture,
        body,
        image_id=entry.digest,
        source=NAME,
        identity=entry.identity,
        url=_url(entry),
        # What a picture says of itself is closer to it than what is said of the person.
        metadata=entry.said | picture.metadata,
    )
    return image, None, None


def _attempt(entry: Entry, rank: int, reason: str | None, detail: str | None) -> Row:
    return attempt_row(
        source=NAME,
        identity=entry.identity,
        rank=rank,
        url=_url(entry),
        image_id=entry.digest if reason in (None, "duplicate") else None,
        reason=reason,
        detail=detail,
    )


def _url(entry: Entry) -> str:
    return f"file:{entry.file}"
