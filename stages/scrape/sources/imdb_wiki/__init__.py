"""IMDB-WIKI (Rothe, Timofte and Van Gool 2015): `imdb.mat` or `wiki.mat` and pictures.

They are in a folder, zip or tar. There may be both files; their paths are relative to their folder.
The age is not stored: `label` computes it from `birth_date` and `taken`, the first of July of the
photo's year, as the data set's page does. Faces of any score, age and size are kept; `validate`
filters them.
"""

import datetime
import math
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from stages.core.program import InputError
from stages.core.store import Store
from stages.core.texts import composed, tidy
from stages.pictures.decoder import Rejected
from stages.scrape.datasets import people, reading
from stages.scrape.datasets.codes import GENDERS
from stages.scrape.datasets.files import open_files, read_annotation
from stages.scrape.datasets.member import Member
from stages.scrape.datasets.reading import Annotation, Item
from stages.scrape.params import Params
from stages.scrape.source import Crawled, Partition
from stages.scrape.sources.imdb_wiki import matfile

NAME = "imdb_wiki"
FILES = ("imdb.mat", "wiki.mat")
ANNOTATION_BYTES = 500_000_000
# Matlab's day 1 is the first of January of year 0, Python's that of year 1.
_DAYS_OF_YEAR_0 = 366


def plan(path: Path, params: Params) -> list[Partition]:
    """A partition per `params.files_per_partition` pictures and rows in order of their names.

    `InputError` when there is no `.mat` file, or one that cannot be read.
    """
    with open_files(path) as files:
        members = files.members()
        tables = [each for each in members if PurePosixPath(each.name).name in FILES]
        if not tables:
            raise InputError(f"{path}: {' or '.join(FILES)} is missing; source {NAME} needs one")
        notes: list[Item] = []
        for table in tables:
            content = read_annotation(files, table, ANNOTATION_BYTES, path)
            variable = PurePosixPath(table.name).stem
            rows = matfile.read(f"{path}: {table.name}", content, variable)
            notes += _annotated(PurePosixPath(table.name).parent, rows)
        pictures = [each for each in members if each not in tables]
        return reading.plan(NAME, _items(pictures, notes, params), files, describe, params)


def crawl(
    partitions: list[Partition], path: Path, params: Params, store: Store
) -> Iterator[Crawled]:
    """Read each partition's pictures; every item is an attempt, the good ones are images."""
    with open_files(path) as files:
        yield from reading.crawl(NAME, partitions, files, describe, params)


def describe(item: Item) -> Annotation:
    """What the `.mat` file says of a picture; `Rejected` as `no_annotation` or `invalid_date`.

    A picture of unknown gender has no text `gender`.
    """
    if not item.note:
        raise Rejected("no_annotation")
    dob, taken, gender, name, location, score, second = item.note
    metadata = {
        "birth_date": birth_date(float(dob)).isoformat(),
        "taken": middle_of_year(float(taken)).isoformat(),
        "gender": GENDERS[NAME].get(gender.removesuffix(".0"), ""),
        "name": name,
        "face_location": location,
        "face_score": score if math.isfinite(float(score)) else "",
        "second_face_score": second if math.isfinite(float(second)) else "",
        "faces_found": faces_found(float(score), float(second)),
    }
    known = {key: text for key, text in metadata.items() if text}
    return Annotation(people.slug(name) if name else None, known)


def birth_date(dob: float) -> datetime.date:
    """The day of a Matlab day number; `Rejected` when there is none."""
    try:
        return datetime.date.fromordinal(int(dob) - _DAYS_OF_YEAR_0)
    except (ValueError, OverflowError):  # NaN, an infinity, a year before 1 or after 9999
        raise Rejected("invalid_date", f"dob {dob}") from None


def middle_of_year(year: float) -> datetime.date:
    """The first of July; `Rejected` when there is no such year."""
    try:
        return datetime.date(int(year), 7, 1)
    except (ValueError, OverflowError):
        raise Rejected("invalid_date", f"photo_taken {year}") from None


def faces_found(score: float, second: float) -> str:
    """`0`, `1` or `2` for two or more, as the data set's detector saw them; empty if not known."""
    if score == -math.inf:
        return "0"
    if math.isnan(score):
        return ""
    return "1" if math.isnan(second) else "2"


def _annotated(folder: PurePosixPath, rows: Iterable[matfile.Row]) -> Iterator[Item]:
    for row in rows:
        numbers = (str(row.dob), str(row.photo_taken), str(row.gender))
        location = " ".join(f"{side:g}" for side in row.face_location)
        scores = (str(row.face_score), str(row.second_face_score))
        yield Item(
            composed(str(folder / row.full_path)), (*numbers, tidy(row.name), location, *scores)
        )


def _items(pictures: list[Member], notes: Iterable[Item], params: Params) -> Iterator[Item]:
    by_name: dict[str, Member] = {}
    for member in pictures:
        if member.reason == "duplicate_name" or composed(member.name) in by_name:
            yield Item(member.name, reason="duplicate_name")
        else:
            by_name[composed(member.name)] = member
    seen: set[str] = set()
    for item in notes:
        if item.file in seen:
            yield item._replace(reason="annotated_twice")
        elif item.file in by_name:
            yield reading.item_of(by_name[item.file], params, item.note)
        else:
            yield item._replace(reason="no_picture")
        seen.add(item.file)
    for name in by_name.keys() - seen:
        yield Item(by_name[name].name, reason="no_annotation")
