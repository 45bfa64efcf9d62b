"""Faces of one picture, or of near-duplicates, that do not agree on a label."""

import pyarrow as pa

from stages.pictures.copies import picture_groups

CONFLICT = "conflicting_labels"


def conflicts(table: pa.Table, labels: list[str], bits: int | None) -> pa.Array:
    """Per row the labels that other faces of its picture have otherwise, as text; null if none.

    Equal files are one picture, and so are those whose perceptual hashes are at most `bits` apart
    unless that is None. A label that is missing contradicts nothing.
    """
    rows = table.num_rows
    # A picture without an id, which is refused elsewhere, is like no other.
    images = [image or f"row {row}" for row, image in enumerate(table["image_id"].to_pylist())]
    hashes = [None] * rows if bits is None else table["phash"].to_pylist()
    groups = picture_groups(images, hashes, bits or 0)[0].tolist()
    found: dict[int, list[str]] = {}
    for name in labels:
        told: dict[int, object] = {}
        for group, value in zip(groups, table[name].to_pylist(), strict=True):
            if value is None or told.setdefault(group, value) == value:
                continue
            if name not in found.setdefault(group, []):
                found[group].append(name)
    return pa.array([", ".join(found[group]) if group in found else None for group in groups],
                    pa.string())  # fmt: skip
