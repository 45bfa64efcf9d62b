"""Faces of one picture, or of near-duplicates, that do not agree on a label."""

import pyarrow as pa

from stages.pictures.copies import picture_groups

CONFLICT = "conflicting_labels"


def conflicts(table: pa.Table, labels: list[str], bits: int | None) -> pa.Array:
    """Per row the names of labels that other faces of its picture contradict; null for none.

    Equal files are one picture, and so are those whose perceptual hashes are at most `bits` apart
    unless that is None. A label that is missing contradicts nothing.
    """
    rows = table.num_rows
    # A picture without an id, which another rule rejects, is like no other.
    images = [image or f"row {row}" for row, image in enumerate(table["image_id"].to_pylist())]
    hashes = [None] * rows if bits is None else table["phash"].to_pylist()
    groups = picture_groups(images, hashes, bits or 0)[0].tolist()
    contradicted: dict[int, list[str]] = {}
    for name in labels:
        for group in _disagreeing(groups, table[name].to_pylist()):
            contradicted.setdefault(group, []).append(name)
    texts = [", ".join(contradicted[group]) if group in contradicted else None for group in groups]
    return pa.array(texts, pa.string())


def _disagreeing(groups: list[int], values: list[object]) -> set[int]:
    """The groups whose rows have two different values, null aside."""
    first: dict[int, object] = {}
    return {
        group
        for group, value in zip(groups, values, strict=True)
        if value is not None and first.setdefault(group, value) != value
    }
