"""Attach what is known about every face: its picture's own labels, else its person's."""

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, assert_never

import pyarrow as pa

from stages.core import catalogue, schema, tables
from stages.core.catalogue import Celebrity
from stages.core.labels import schemas
from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.labels.known import AGE, LABELS, labels_of
from stages.core.program import run
from stages.label.params import Params

Value = float | bool | str | None

ROWS = 8192  # no pixels: about 5 MB in flight
_FLOAT32_MAX = 3.4028234663852886e38
# −1 is how CelebA writes "has not".
_BINARY = {"1": True, "yes": True, "true": True, "0": False, "-1": False, "no": False}
_BINARY["false"] = False
# No numbers: UTKFace's 0 is male, IMDB-WIKI's 0 is female. Only the source can know.
_SYNONYMS = {("gender", "m"): "male", ("gender", "f"): "female"}


@dataclass
class Counts:
    """What was labelled. An unreadable value is a null that something stood behind."""

    rows: int = 0
    known: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    pictures: Counter[str] = field(default_factory=Counter)
    last_picture: tuple[str, str] | None = None

    def add(self, source: str, image_id: str) -> None:
        """Count a face, and its picture once: the faces of one stand together."""
        self.rows += 1
        if (source, image_id) != self.last_picture:
            self.pictures[source] += 1
            self.last_picture = (source, image_id)

    def summary(self, labels: Iterable[str], sources: Iterable[str]) -> dict[str, Any]:
        """The stage's metrics."""
        return {
            "rows": self.rows,
            "unreadable": self.unreadable.total(),
            "labels": {
                name: {
                    "known": self.known[name],
                    "null": self.rows - self.known[name],
                    "unreadable": self.unreadable[name],
                }
                for name in labels
            },
            "pictures": {source: self.pictures[source] for source in sorted(sources)},
        }


def parse(label: Label, text: str) -> Value:
    """`text` as a value of `label`, None when it cannot be read as one.

    Whether a number lies in range or a category is one of the classes is left to `validate`,
    which can then show the text that is wrong.
    """
    match label:
        case Number():
            return _number(text)
        case Category():
            slug = "_".join(text.lower().split())
            return _SYNONYMS.get((label.name, slug), slug) or None
        case Binary():
            return _BINARY.get(text.strip().lower())
        case _:
            assert_never(label)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    # NaN compares false, so neither it nor an infinity passes as a number.
    return number if abs(number) <= _FLOAT32_MAX else None


def completed_years(birth: datetime.date, day: datetime.date) -> float:
    """A person's age on `day` as people count it; negative before birth."""
    return float(day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day)))


def age_group(age: Value) -> str | None:
    """Five years that an age lies in, as `20-24`; of an age out of range no class of the label."""
    if not isinstance(age, float):
        return None
    start = int(age // 5) * 5
    return f"{start}-{start + 4}"


def value_of(
    label: Label, metadata: Mapping[str, str], celebrity: Celebrity | None
) -> tuple[Value, bool]:
    """A face's value of `label`, and whether one was given that could not be read.

    What the picture says (`metadata`) wins over what is known of the person. An age nobody gave
    is counted from birth to the day the picture was taken, where both are known. An age group
    follows from the age.
    """
    if label.name == "age_group":
        age, unreadable = value_of(AGE, metadata, celebrity)
        return age_group(age), unreadable
    person = celebrity.labels if celebrity else {}
    text = metadata.get(label.name, "").strip() or person.get(label.name, "")
    if text:
        value = parse(label, text)
        return value, value is None
    if label.name == "age":
        return _age_by_dates(metadata, celebrity)
    return None, False


def given_split(metadata: Mapping[str, str]) -> str | None:
    """The side that a picture's data set has it on, as CelebA's official partition says."""
    side = metadata.get("partition")
    return side if side in schema.SPLITS else None


def _age_by_dates(
    metadata: Mapping[str, str], celebrity: Celebrity | None
) -> tuple[float | None, bool]:
    try:
        taken = _date(metadata.get("taken", ""))
        birth = _date(metadata.get("birth_date", "")) or (celebrity and celebrity.birth_date)
    except ValueError:
        return None, True
    return (completed_years(birth, taken), False) if birth and taken else (None, False)


def _date(text: str) -> datetime.date | None:
    return datetime.datetime.fromisoformat(text.strip()).date() if text.strip() else None


def attach(
    faces: Iterable[pa.RecordBatch],
    people: Mapping[str, Celebrity],
    labels: list[str],
    counts: Counts,
) -> Iterator[pa.RecordBatch]:
    """`FACES` batches without pixels in, `LABELED` batches out, row by row; fills `counts`."""
    labeled = schemas.labeled(labels_of(labels))
    kept = [name for name in schema.FACES.names if name in labeled.names]
    for batch in faces:
        columns: dict[str, list[Value]] = {name: [] for name in ("given_split", *labels)}
        for row in batch.select(["source", "identity", "image_id", "metadata"]).to_pylist():
            counts.add(row["source"], row["image_id"])
            metadata, celebrity = dict(row["metadata"] or ()), people.get(row["identity"])
            columns["given_split"].append(given_split(metadata))
            for name in labels:
                value, unreadable = value_of(LABELS[name], metadata, celebrity)
                columns[name].append(value)
                counts.known[name] += value is not None
                counts.unreadable[name] += unreadable
        arrays = [batch.column(name) for name in kept]
        arrays += [pa.array(values, labeled.field(name).type) for name, values in columns.items()]
        yield pa.RecordBatch.from_arrays(arrays, schema=labeled)


def main(
    celebrities: Path,
    faces: Path,
    labeled: Path,
    results: Path,
    params: Params,
    sources: dict[str, str],
) -> None:
    """Label the faces of every source in `sources`."""
    people = {person.identity: person for person in catalogue.read(celebrities)}
    columns = [name for name in schema.FACES.names if name != "face"]
    batches = tables.read_batches(tables.partitions(faces, sources), columns, ROWS)
    counts = Counts()
    tables.write_batches(
        labeled,
        schemas.labeled(labels_of(params.labels)),
        attach(batches, people, params.labels, counts),
    )
    tables.write_json(results, counts.summary(params.labels, sources))


if __name__ == "__main__":
    run(main, sources="scrape.sources")
