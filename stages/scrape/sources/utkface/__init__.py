"""UTKFace (Zhang, Song and Qi 2017): a folder, zip or tar of pictures.

A name is `age_gender_race_time.jpg`, or that with `.chip.jpg` for the aligned faces. Nobody is
named, so pictures have no identity.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from stages.core.program import InputError
from stages.core.store import Store
from stages.pictures.decoder import Rejected
from stages.scrape.datasets import reading
from stages.scrape.datasets.codes import GENDERS, UTKFACE_AGES, UTKFACE_RACES
from stages.scrape.datasets.files import open_files
from stages.scrape.datasets.reading import Annotation, Item
from stages.scrape.params import Params
from stages.scrape.source import Crawled, Partition

NAME = "utkface"
# The time should have 17 digits; in some names it has 16 or 18, and once a space behind it.
_FILE = re.compile(r"([0-9]+)_([0-9]+)_([0-9]+)_[0-9]+ ?\.jpg(?:\.chip\.jpg)?", re.ASCII)


def plan(path: Path, params: Params) -> list[Partition]:
    """A partition per `params.files_per_partition` files in order of their names."""
    with open_files(path) as files:
        items = [reading.item_of(member, params) for member in files.members()]
        if not items:
            raise InputError(f"{path}: holds no file; source {NAME} needs UTKFace's pictures")
        return reading.plan(NAME, items, files, describe, params)


def crawl(
    partitions: list[Partition], path: Path, params: Params, store: Store
) -> Iterator[Crawled]:
    """Read each partition's pictures; every file is an attempt, the good ones are images."""
    with open_files(path) as files:
        yield from reading.crawl(NAME, partitions, files, describe, params)


def describe(item: Item) -> Annotation:
    """The labels in a file's name; `Rejected` as `malformed_name` or `label_out_of_range`."""
    match = _FILE.fullmatch(PurePosixPath(item.file).name)
    if not match:
        raise Rejected("malformed_name")
    age, gender, race = match.groups()
    if len(age) > 3 or not UTKFACE_AGES[0] <= int(age) <= UTKFACE_AGES[1]:
        raise Rejected("label_out_of_range", f"age {age[:20]}")
    if gender not in GENDERS[NAME]:
        raise Rejected("label_out_of_range", f"gender {gender[:20]}")
    if race not in UTKFACE_RACES:
        raise Rejected("label_out_of_range", f"race {race[:20]}")
    labels = {"age": str(int(age)), "gender": GENDERS[NAME][gender], "race": UTKFACE_RACES[race]}
    return Annotation(None, labels)
