"""From `FACES` to `LABELED`, row by row."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stages.core import label_schema
from stages.core.catalogue import Celebrity
from stages.core.labels.kinds import Label
from stages.label.counts import Counts
from stages.label.values import LabelValue, official_split, value_of

READ = ["source", "identity", "image_id", "face_id", "metadata"]
Picture = tuple[str, str]  # source, image_id


def crowded(faces: Iterable[pa.RecordBatch]) -> set[Picture]:
    """The pictures of which several faces were kept: some face's rank is not 0."""
    pictures: set[Picture] = set()
    for batch in faces:
        rest = batch.filter(pc.invert(pc.ends_with(batch["face_id"], "-0")))
        columns = (rest[name].to_pylist() for name in ("source", "image_id"))
        pictures.update(zip(*columns, strict=True))
    return pictures


def attach(
    faces: Iterable[pa.RecordBatch],
    people: Mapping[str, Celebrity],
    labels: list[Label],
    crowds: Collection[Picture],
    counts: Counts,
) -> Iterator[pa.RecordBatch]:
    """`FACES` batches without pixels in, `LABELED` batches out; fills `counts`.

    With several faces in a picture, nothing says which of them the labels describe: such faces get
    no identity and no label.
    """
    columns = label_schema.labeled(labels)
    for batch in faces:
        rows = [_new(row, people, labels, crowds, counts) for row in batch.select(READ).to_pylist()]
        arrays = [
            pa.array([row[field.name] for row in rows], field.type)
            if not rows or field.name in rows[0]
            else batch[field.name]
            for field in columns
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=columns)


def _new(
    row: dict[str, Any],
    people: Mapping[str, Celebrity],
    labels: list[Label],
    crowds: Collection[Picture],
    counts: Counts,
) -> dict[str, Any]:
    """The columns of `LABELED` that differ from those of `FACES`."""
    metadata, is_bystander = dict(row["metadata"] or ()), (row["source"], row["image_id"]) in crowds
    if is_bystander:
        row["identity"] = None
    person = people.get(row["identity"])
    values = {
        label.name: LabelValue() if is_bystander else value_of(label, metadata, person)
        for label in labels
    }
    counts.add(row, values, is_bystander)
    return {
        "identity": row["identity"],
        "official_split": official_split(metadata),
        "label_source": {name: value.origin for name, value in values.items()},
        **{name: value.value for name, value in values.items()},
    }
