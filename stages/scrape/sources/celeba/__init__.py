"""CelebA (Liu, Luo, Wang and Tang 2015) in its official layout, or as TFDS has prepared it.

The layout is a folder, zip or tar with `list_attr_celeba.txt` and a folder `img_align_celeba` of
pictures, at any depth; in a folder the pictures may also be in `img_align_celeba.zip`.
`list_eval_partition.txt` and `identity_CelebA.txt` are read if they exist. A list may also be a
`.csv`, as on Kaggle; where both exist, the `.txt` is read. Other files are ignored.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from stages.core.program import InputError
from stages.core.store import Store
from stages.core.texts import composed
from stages.pictures.decoder import Rejected
from stages.scrape.datasets import reading
from stages.scrape.datasets.codes import CELEBA_ATTRIBUTES, GENDERS
from stages.scrape.datasets.files import ARCHIVES, Files, open_files, read_annotation
from stages.scrape.datasets.member import Member
from stages.scrape.datasets.reading import Annotation, Item
from stages.scrape.params import Params
from stages.scrape.source import Crawled, Partition
from stages.scrape.sources.celeba import lists, tfds_folder
from stages.scrape.sources.celeba.lists import AnnotationRows, Problem

NAME = "celeba"
ATTRIBUTES = "list_attr_celeba.txt"
SPLITS_FILE = "list_eval_partition.txt"
IDENTITIES = "identity_CelebA.txt"
PICTURES = "img_align_celeba"
ANNOTATION_BYTES = 100_000_000  # the official file has 26 million
_NOTHING = AnnotationRows({}, [])
_MALE = CELEBA_ATTRIBUTES.index("male")


def plan(path: Path, params: Params) -> list[Partition]:
    """A partition per `params.files_per_partition` pictures and rows in order of their names.

    `InputError` when annotations or pictures are missing, or the attributes are not CelebA's.
    """
    prepared = tfds_folder.find(path)
    if prepared:
        return tfds_folder.plan(NAME, prepared, params)
    with open_files(path) as files:
        tables = _Tables(files, path)
    with _open_pictures(path) as (files, members):
        if not members:
            raise InputError(f"{path}: no picture in a folder, zip or tar named {PICTURES}")
        return reading.plan(NAME, _items(members, tables, params), files, describe, params)


def crawl(
    partitions: list[Partition], path: Path, params: Params, store: Store
) -> Iterator[Crawled]:
    """Read each partition's pictures; every item is an attempt, the good ones are images."""
    prepared = tfds_folder.find(path)
    if prepared:
        yield from tfds_folder.crawl(NAME, partitions, prepared, describe, params)
        return
    with _open_pictures(path) as (files, _):
        yield from reading.crawl(NAME, partitions, files, describe, params)


def describe(item: Item) -> Annotation:
    """The forty attributes, the gender of attribute Male, the official split, the person."""
    if not item.note:
        raise Rejected("no_annotation")
    bits, split, person = item.note
    metadata = dict(zip(CELEBA_ATTRIBUTES, bits, strict=True))
    metadata["gender"] = GENDERS[NAME]["1" if bits[_MALE] == "1" else "-1"]
    if split:
        metadata[reading.SPLIT] = split
    # CelebA numbers its people: the prefix keeps them apart from those of other sources.
    return Annotation(f"{NAME}-{person}" if person else None, metadata)


class _Tables:
    """The annotation files, read."""

    def __init__(self, files: Files, path: Path) -> None:
        members = {PurePosixPath(each.name).name: each for each in files.members()}

        def read(name: str, parse: Callable[[str, str], AnnotationRows]) -> AnnotationRows | None:
            present = [each for each in (name, f"{name[:-4]}.csv") if each in members]
            if not present:
                return None
            content = read_annotation(files, members[present[0]], ANNOTATION_BYTES, path)
            return parse(present[0], composed(content.decode("utf-8", "replace")))

        attributes = read(ATTRIBUTES, lists.read_attributes)
        if attributes is None:
            raise InputError(
                f"{path}: {ATTRIBUTES} is missing; source {NAME} needs it beside {PICTURES}, "
                "or a folder that TFDS has prepared (celeb_a)"
            )
        self.attributes = attributes
        self.splits = read(SPLITS_FILE, lists.read_splits) or _NOTHING
        self.identities = read(IDENTITIES, lists.read_identities) or _NOTHING

    @property
    def problems(self) -> Iterator[Problem]:
        """The invalid rows of all files."""
        for rows in (self.attributes, self.splits, self.identities):
            yield from rows.problems


@contextmanager
def _open_pictures(path: Path) -> Iterator[tuple[Files, list[Member]]]:
    """The folder or zip that holds the pictures, and the pictures in it."""
    packed = {f"{PICTURES}{suffix}" for suffix in ARCHIVES}
    inner = path.rglob(f"{PICTURES}.*") if path.is_dir() else []
    archives = sorted(each for each in inner if each.name in packed)
    with open_files(archives[0] if archives else path) as files:
        members = files.members()
        if not archives:
            members = [each for each in members if PurePosixPath(each.name).parent.name == PICTURES]
        yield files, members


def _items(members: list[Member], tables: _Tables, params: Params) -> Iterator[Item]:
    rows = tables.attributes.by_picture
    problems = {file: (reason, detail) for file, reason, detail in tables.attributes.problems}
    seen: set[str] = set()
    for member in members:
        name = composed(PurePosixPath(member.name).name)
        if name in seen:
            yield Item(member.name, reason="duplicate_name")
        elif name in rows:
            split = tables.splits.by_picture.get(name, "")
            person = tables.identities.by_picture.get(name, "")
            yield reading.item_of(member, params, (rows[name], split, person))
        elif name not in problems:
            yield Item(member.name, reason="no_annotation")
        seen.add(name)
    for name in rows.keys() - seen:
        yield Item(name, reason="no_picture")
    for file, reason, detail in tables.problems:
        yield Item(file, reason=reason, detail=detail)
