"""Whether a catalogue's columns are labels that there are."""

from pathlib import Path

from stages.core.catalogue import trait_columns
from stages.core.csvfile import read_csv
from stages.core.labels.known import LABELS
from stages.core.program import InputError


def check_catalogue(path: Path) -> None:
    """`InputError` for a column that is neither the catalogue's own nor a label: a typing error."""
    columns, _ = read_csv(path)
    for name in trait_columns(path, columns):
        if name not in LABELS:
            allowed = ", ".join(LABELS)
            raise InputError(f"{path}:1: column {name!r} is no label; labels are: {allowed}")
