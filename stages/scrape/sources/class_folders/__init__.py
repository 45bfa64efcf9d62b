"""Pictures sorted into a folder per class, of a folder, zip or tar; or FER2013's pixels as CSV.

A picture's class is the name of its folder. The class folders may be in folders `train`,
`validation` and `test`, and these in any others. The names of the classes decide the label.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from stages.core.program import InputError
from stages.core.store import Store
from stages.pictures.decoder import Rejected
from stages.scrape.datasets import reading
from stages.scrape.datasets.files import Files, open_files
from stages.scrape.datasets.member import Member
from stages.scrape.datasets.reading import Annotation, Item
from stages.scrape.params import Params
from stages.scrape.source import Crawled, Partition
from stages.scrape.sources.class_folders.class_names import SPLITS, classes_of, normalise
from stages.scrape.sources.class_folders.pixel_rows import PixelRows

NAME = "class_folders"


def plan(path: Path, params: Params) -> list[Partition]:
    """A partition per `params.files_per_partition` files in order of their names.

    `InputError` when no folder's name is a class, or two mean the same.
    """
    with _open(path) as files:
        members = files.members()
        if not members:
            raise InputError(f"{path}: holds no file; source {NAME} needs a folder per class")
        if isinstance(files, PixelRows):
            items = [_pixel_item(files, member.name) for member in members]
        else:
            items = _folder_items(path, members, files.folders(), params)
        return reading.plan(NAME, items, files, describe, params)


def crawl(
    partitions: list[Partition], path: Path, params: Params, store: Store
) -> Iterator[Crawled]:
    """Read each partition's pictures; every file is an attempt, the good ones are images."""
    with _open(path) as files:
        yield from reading.crawl(NAME, partitions, files, describe, params)


def describe(item: Item) -> Annotation:
    """The class, and the official split if there is one."""
    if not item.note:
        raise Rejected("unknown_class")
    label, value, split = item.note
    return Annotation(None, {label: value} | ({reading.SPLIT: split} if split else {}))


@contextmanager
def _open(path: Path) -> Iterator[Files]:
    if path.suffix.lower() == ".csv" and path.is_file():
        yield PixelRows(path)
    else:
        with open_files(path) as files:
            yield files


def _pixel_item(rows: PixelRows, name: str) -> Item:
    try:
        row = rows.row(name)
    except Rejected as rejected:
        return Item(name, reason=rejected.reason, detail=rejected.detail)
    return Item(name, ("expression", row.expression, row.split))


def _folder_items(
    path: Path, members: list[Member], folders: set[str], params: Params
) -> list[Item]:
    parents = {PurePosixPath(member.name).parent for member in members}
    empty = [PurePosixPath(name) for name in folders]
    empty = [
        place for place in empty if not any(parent.is_relative_to(place) for parent in parents)
    ]
    label, classes = classes_of(str(path), (place.name for place in (*parents, *empty)))
    items = [Item(place.as_posix(), reason="empty_class") for place in empty]
    for member in members:
        place = PurePosixPath(member.name).parent
        item = reading.item_of(member, params)
        if place.name in classes:
            items.append(item._replace(note=(label, classes[place.name], _official_split(place))))
        else:
            items.append(item._replace(reason=item.reason or "unknown_class"))
    return items


def _official_split(place: PurePosixPath) -> str:
    """The split whose folder is nearest around a class folder; empty without such a folder."""
    around = (SPLITS.get(normalise(parent.name)) for parent in place.parents)
    return next((split for split in around if split), "")
