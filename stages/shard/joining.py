"""Faces joined to their examples in one pass over both tables, neither of them in memory."""

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
    """Each batch of `EXAMPLES` with a column `face` before its own: the face of each row.

    A merge join: both tables have the same order, and an example may be repeated. Examples from a
    picture with several faces have no identity. `InputError` names the first example whose face is
    missing or in a different order.
    """
    rows = _walk(faces)
    last: tuple[Key, Any] = ((), None)
    for batch in examples:
        matches = []
        for key in _keys(batch):
            last = last if key == last[0] else (key, _find(key, rows))
            matches.append(last[1])
        columns = [pa.array(matches, PICTURE), *batch.columns]
        yield pa.RecordBatch.from_arrays(columns, names=["face", *batch.schema.names])


def _find(wanted: Key, rows: Iterator[tuple[Key, Any]]) -> Any:
    source, identity, face_id = wanted
    for key, face in rows:
        if key in (wanted, (source, key[1] if identity is None else identity, face_id)):
            return face.as_py()
    raise InputError(
        f"face {face_id} of {identity or 'nobody'} in source {source} is not among the faces, or "
        "not in their order: the examples were made of other faces; run the stages from crop on"
    )


def _walk(faces: Iterable[pa.RecordBatch]) -> Iterator[tuple[Key, Any]]:
    for batch in faces:
        yield from zip(_keys(batch), batch.column("face"), strict=True)


def _keys(batch: pa.RecordBatch) -> Iterator[Key]:
    return zip(*(batch.column(name).to_pylist() for name in KEY), strict=True)
