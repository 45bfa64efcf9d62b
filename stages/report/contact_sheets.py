"""The first faces of the first people, with what is known of each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stages.core.tables import read_batches
from stages.report.page import data_uri
from stages.report.params import Params


@dataclass
class ContactSheet:
    """One person's faces, as data URIs, with what is known of each."""

    identity: str
    title: str
    rows: int = 0
    faces: list[tuple[str, str]] = field(default_factory=list)


def contact_sheets(
    faces: list[Path], examples: Path, labels: list[str], params: Params
) -> list[ContactSheet]:
    """The first faces of the first people, in the tables' order; streams and stops early."""
    sheets: dict[str, ContactSheet] = {}
    wanted: dict[str, tuple[str, str]] = {}
    for row in _rows([examples]):
        name = row["identity"] or "unnamed"
        if name not in sheets and len(sheets) == params.people:
            continue
        sheet = sheets.setdefault(name, ContactSheet(name, name.replace("-", " ").title()))
        sheet.rows += 1
        if sheet.rows <= params.faces_per_person:
            wanted[row["face_id"]] = (name, _caption(row, labels))
    for row in _rows(faces, ["face_id", "face"]):
        if not wanted:
            break
        if row["face_id"] in wanted:
            name, caption = wanted.pop(row["face_id"])
            sheets[name].faces.append((data_uri(row["face"]["bytes"], "jpeg"), caption))
    return list(sheets.values())


def _rows(paths: list[Path], columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    for batch in read_batches(paths, columns):
        yield from batch.to_pylist()


def _caption(row: dict[str, Any], labels: list[str]) -> str:
    known = [(name, row[name]) for name in labels if row[name] is not None]
    values = [name if value is True else value for name, value in known if value is not False]
    shown = [f"{value:.0f}" if isinstance(value, float) else str(value) for value in values]
    return " · ".join([row["split"], *shown]).replace("_", " ")
