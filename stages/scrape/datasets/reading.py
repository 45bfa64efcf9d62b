"""From a data set's files to partitions, and from partitions to rows of `IMAGES` and `ATTEMPTS`."""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import NamedTuple

from more_itertools import chunked

from stages.core.progress import Progress
from stages.core.texts import escaped
from stages.pictures.decoder import Rejected
from stages.pictures.inspection import Picture, inspect
from stages.scrape.datasets.files import Files
from stages.scrape.datasets.member import Member
from stages.scrape.params import Params
from stages.scrape.rows import Row, attempt_row, image_row
from stages.scrape.source import Crawled, Partition

log = logging.getLogger(__name__)


class Annotation(NamedTuple):
    """What a data set says about a picture: whose it is, its labels and other texts by name."""

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
# What is logged where a picture and what is said of it do not meet, by the reason in `ATTEMPTS`.
UNMATCHED = {
    "no_picture": "annotations without a picture",
    "no_annotation": "pictures without an annotation",
    "unknown_class": "files in folders of no class",
}
SHOWN = 5  # names in a warning
# Not a label: one picture in train and test is a copy all the same.
SPLIT = "official_split"


def item_of(member: Member, params: Params, note: tuple[str, ...] = ()) -> Item:
    """A picture to read, unless its header says already that it is none or too large."""
    reason = member.reason or ("too_large" if member.size > params.max_bytes else None)
    return Item(member.name, note, reason=reason)


def plan(
    source: str, items: Iterable[Item], files: Files, describe: Describe, params: Params
) -> list[Partition]:
    """A partition per `params.files_per_partition` items in order of their names.

    Every file is read once for its digest. Of equal bytes with equal labels the first counts; if
    the labels differ all count, and `validate` says so.
    """
    ordered = sorted(items, key=lambda item: item.file)
    _warn_of_unmatched(source, ordered)
    earlier: dict[str, list[Item]] = defaultdict(list)
    partitions = []
    for number, chunk in enumerate(chunked(ordered, params.files_per_partition)):
        digested = (_digested(item, files, describe) for item in chunk)
        own = [_without_copies(item, earlier, describe) for item in digested]
        names = tuple(item.file for item in own)
        fingerprint = {"engine": source, "files": own}
        partitions.append(Partition(f"part-{number:05d}", fingerprint, items=names))
    return partitions


def crawl(
    source: str,
    partitions: list[Partition],
    files: Files,
    describe: Describe,
    params: Params,
    with_exif: bool = False,
) -> Iterator[Crawled]:
    """Read each partition's pictures; every item is an attempt, the good ones are images.

    with_exif: keep what a picture says of itself, before what its annotation says.
    """
    total = sum(len(partition.fingerprint["files"]) for partition in partitions)
    with ThreadPoolExecutor(params.threads) as threads, closing(Progress(total, "picture")) as done:
        for partition in partitions:
            crawled = Crawled(partition)
            items = [Item(*item) for item in partition.fingerprint["files"]]

            def read(item: Item) -> tuple[Picture, bytes] | Rejected:
                try:
                    return _read(item, files, params, with_exif)
                except Rejected as rejected:
                    return rejected

            for rank, (item, result) in enumerate(
                zip(items, threads.map(read, items), strict=True), start=1
            ):
                add(crawled, source, item, rank, describe, result)
                done.advance()
            yield crawled


def add(
    crawled: Crawled,
    source: str,
    item: Item,
    rank: int,
    describe: Describe,
    result: tuple[Picture, bytes] | Rejected,
) -> None:
    """Add an item's rows: the attempt, and the image if it is one."""
    annotation = _annotation(item, describe)
    identity = annotation.identity if annotation else None
    if isinstance(result, Rejected):
        crawled.final &= result.reason != "changed"  # the next run reads it as it is then
        crawled.attempts.append(_attempt(source, item, rank, identity, result))
        return
    if annotation is None:
        raise RuntimeError(f"{item.file}: described when planned, not when read")
    crawled.attempts.append(_attempt(source, item, rank, identity, None))
    crawled.images.append(_image(source, item, annotation, *result))


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
    labels = _labels(item, describe)
    for other in earlier[item.digest]:
        if _labels(other, describe) == labels:
            return item._replace(reason="duplicate", detail=f"same bytes as {escaped(other.file)}")
    earlier[item.digest].append(item)
    return item


def _labels(item: Item, describe: Describe) -> Annotation:
    identity, metadata = describe(item)
    return Annotation(identity, {name: text for name, text in metadata.items() if name != SPLIT})


def _annotation(item: Item, describe: Describe) -> Annotation | None:
    try:
        return describe(item)
    except Rejected:
        return None


def _read(item: Item, files: Files, params: Params, with_exif: bool) -> tuple[Picture, bytes]:
    if item.reason:
        raise Rejected(item.reason, item.detail)
    try:
        body = files.read(item.file)
    except Rejected as rejected:  # it could be read when it was planned
        raise Rejected("changed", rejected.detail) from rejected
    if hashlib.sha256(body).hexdigest() != item.digest:
        raise Rejected("changed")
    picture = inspect(body, params.limits)
    return (picture if with_exif else replace(picture, metadata={})), body


def _image(source: str, item: Item, annotation: Annotation, picture: Picture, body: bytes) -> Row:
    if item.digest is None:
        raise RuntimeError(f"{item.file}: read without a digest")
    return image_row(
        picture,
        body,
        image_id=item.digest,
        source=source,
        identity=annotation.identity,
        url=f"file:{escaped(item.file)}",
        metadata=annotation.metadata | picture.metadata,
    )


def _attempt(
    source: str, item: Item, rank: int, identity: str | None, rejected: Rejected | None
) -> Row:
    kept = rejected is None or rejected.reason == "duplicate"
    return attempt_row(
        source=source,
        identity=identity,
        rank=rank,
        url=f"file:{escaped(item.file)}",
        image_id=item.digest if kept else None,
        reason=rejected.reason if rejected else None,
        detail=rejected.detail if rejected else None,
    )


def _warn_of_unmatched(source: str, items: Iterable[Item]) -> None:
    """Say how many annotations and pictures do not meet: a wrong folder looks like this."""
    for reason, meaning in UNMATCHED.items():
        names = [escaped(item.file) for item in items if item.reason == reason]
        if names:
            examples = ", ".join(names[:SHOWN])
            log.warning("%s: %d %s: %s", source, len(names), meaning, examples)
