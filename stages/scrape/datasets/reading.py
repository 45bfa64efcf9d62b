"""From a data set's files to partitions, and from partitions to rows of `IMAGES` and `ATTEMPTS`."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from typing import NamedTuple

from stages.core.progress import Progress
from stages.pictures.decoder import Rejected
from stages.pictures.inspection import Picture, inspect
from stages.scrape.datasets.files import Files, Member
from stages.scrape.rows import Row, attempt_row, image_row
from stages.scrape.source import Crawled, Partition, Scrape


class Annotation(NamedTuple):
    """What a data set says of a picture: whose it is, and its labels and other texts by name."""

    identity: str | None
    metadata: dict[str, str]


class Item(NamedTuple):
    """A file, or an annotation without one: a line of a partition's fingerprint.

    `note` is what the annotations say, as the source's own `Describe` reads it. `digest` is that
    of the file's bytes; `reason` says why no picture comes of it.
    """

    file: str
    note: tuple[str, ...] = ()
    digest: str | None = None
    reason: str | None = None
    detail: str | None = None


# Reads an item's name and note; raises `Rejected` when they make no sense.
Describe = Callable[[Item], Annotation]
# Not labels: one picture in train and test is a copy all the same.
_PLACE = "partition"


def item_of(member: Member, params: Scrape, note: tuple[str, ...] = ()) -> Item:
    """A picture to read, unless its header says already that it is none or too large."""
    reason = member.reason or ("too_large" if member.size > params.max_bytes else None)
    return Item(member.name, note, reason=reason)


def plan(
    source: str, items: Iterable[Item], files: Files, describe: Describe, params: Scrape
) -> list[Partition]:
    """A partition per `params.files_per_partition` items in order of their names.

    Every file is read once for its digest. Of equal bytes with equal labels the first counts; if
    the labels differ all count, and `validate` says so.
    """
    ordered = sorted(items, key=lambda item: item.file)
    earlier: dict[str, list[Item]] = defaultdict(list)
    partitions = []
    for number, chunk in enumerate(_chunks(ordered, params.files_per_partition)):
        found = [_without_copies(_digested(item, files, describe), earlier, describe)
                 for item in chunk]  # fmt: skip
        fingerprint = {"engine": source, "files": found}
        partitions.append(Partition(f"part-{number:05d}", fingerprint))
    return partitions


def crawl(
    source: str, partitions: list[Partition], files: Files, describe: Describe, params: Scrape
) -> Iterator[Crawled]:
    """Read each partition's pictures; every item is an attempt, the good ones are images."""
    total = sum(len(partition.fingerprint["files"]) for partition in partitions)
    with ThreadPoolExecutor(params.threads) as threads, closing(Progress(total, "picture")) as done:
        for partition in partitions:
            crawled = Crawled(partition)
            items: list[Item] = partition.fingerprint["files"]

            def read(item: Item) -> tuple[Picture, bytes] | Rejected:
                try:
                    return _read(item, files, params)
                except Rejected as rejected:
                    return rejected

            for rank, (item, found) in enumerate(
                zip(items, threads.map(read, items), strict=True), start=1
            ):
                add(crawled, source, item, rank, describe, found)
                done.advance()
            yield crawled


def add(
    crawled: Crawled,
    source: str,
    item: Item,
    rank: int,
    describe: Describe,
    found: tuple[Picture, bytes] | Rejected,
) -> None:
    """Add an item's rows: the attempt, and the image if it is one."""
    known = _known(item, describe)
    identity = known.identity if known else None
    if isinstance(found, Rejected):
        crawled.final &= found.reason != "changed"  # the next run reads it as it is then
        crawled.attempts.append(_attempt(source, item, rank, identity, found))
        return
    if known is None:
        raise RuntimeError(f"{item.file}: described when planned, not when read")
    crawled.attempts.append(_attempt(source, item, rank, identity, None))
    crawled.images.append(_image(source, item, known, *found))


def _chunks(items: list[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def _digested(item: Item, files: Files, describe: Describe) -> Item:
    if item.reason:
        return item
    try:
        describe(item)
        return item._replace(digest=hashlib.sha256(files.read(item.file)).hexdigest())
    except Rejected as rejected:
        return item._replace(reason=rejected.reason, detail=rejected.detail)


def _without_copies(item: Item, earlier: dict[str, list[Item]], describe: Describe) -> Item:
    if item.digest is None:
        return item
    told = _labels(item, describe)
    for other in earlier[item.digest]:
        if _labels(other, describe) == told:
            return item._replace(reason="duplicate", detail=f"same bytes as {shown(other.file)}")
    earlier[item.digest].append(item)
    return item


def _labels(item: Item, describe: Describe) -> Annotation:
    identity, metadata = describe(item)
    return Annotation(identity, {name: text for name, text in metadata.items() if name != _PLACE})


def _known(item: Item, describe: Describe) -> Annotation | None:
    try:
        return describe(item)
    except Rejected:
        return None


def _read(item: Item, files: Files, params: Scrape) -> tuple[Picture, bytes]:
    if item.reason:
        raise Rejected(item.reason, item.detail)
    body = files.read(item.file)
    if hashlib.sha256(body).hexdigest() != item.digest:
        raise Rejected("changed")
    return inspect(body, params.limits), body


def _image(source: str, item: Item, known: Annotation, picture: Picture, body: bytes) -> Row:
    if item.digest is None:
        raise RuntimeError(f"{item.file}: read without a digest")
    return image_row(
        picture,
        body,
        image_id=item.digest,
        source=source,
        identity=known.identity,
        url=f"file:{shown(item.file)}",
        metadata=known.metadata,
    )


def _attempt(
    source: str, item: Item, rank: int, identity: str | None, rejected: Rejected | None
) -> Row:
    kept = rejected is None or rejected.reason == "duplicate"
    return attempt_row(
        source=source,
        identity=identity,
        rank=rank,
        url=f"file:{shown(item.file)}",
        image_id=item.digest if kept else None,
        reason=rejected.reason if rejected else None,
        detail=rejected.detail if rejected else None,
    )


def shown(name: str) -> str:
    """A file's name as text that tables can hold: names on a disk need not be UTF-8."""
    return name.encode(errors="replace").decode()
