"""Faces and examples walked side by side: pixels meet labels without either table in memory."""

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from stages.core.program import InputError
from stages.core.schema import PICTURE

KEY = ["source", "identity", "face_id"]
Key = tuple[str | None, ...]


def join(
    examples: Iterable[pa.RecordBatch], faces: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Each batch of `EXAMPLES` with a column `image` before its own: the face of each row.

    Both tables keep one order, the examples being some of the faces, one maybe several times (a
    merge join). `InputError` names the first example that is not there, or not in that order.
    """
    rows = _walk(faces)
    last: tuple[Key, Any] = ((), None)
    for batch in examples:
        found = []
        for key in _keys(batch):
            last = last if key == last[0] else (key, _find(key, rows))
            found.append(last[1])
        columns = [pa.array(found, PICTURE), *batch.columns]
        yield pa.RecordBatch.from_arrays(columns, names=["image", *batch.schema.names])


def _find(wanted: Key, rows: Iterator[tuple[Key, Any]]) -> Any:
    for key, face in rows:
        if key == wanted:
            return face.as_py()
    source, identity, face_id = wanted
    raise InputError(
        f"face {face_id} of {identity or 'nobody'} in source {source} is not among the faces, or "
        "not in their order: the examples were made of other faces; run the stages from crop on"
    )


def _walk(faces: Iterable[pa.RecordBatch]) -> Iterator[tuple[Key, Any]]:
    for batch in faces:
        yield from zip(_keys(batch), batch.column("face"), strict=True)


def _keys(batch: pa.RecordBatch) -> Iterator[Key]:
    return zip(*(batch.column(name).to_pylist() for name in KEY), strict=True)
