"""Trained models as files: written without a clock, read with their labels."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

from stages.core.labels.kinds import Category, Label
from stages.core.labels.known import labels_of
from stages.core.program import InputError
from stages.core.scratch import atomic_path, temporary_folder


def save(model: Any, path: Path) -> None:
    """Write a `.keras` file: the same weights give the same bytes, so DVC sees no false change."""
    with temporary_folder() as folder:
        dated = folder / "model.keras"
        model.save(dated)
        with (
            atomic_path(path) as beside,
            zipfile.ZipFile(dated) as old,
            zipfile.ZipFile(beside, "w") as new,
        ):
            for name in sorted(old.namelist()):
                # ZipInfo's own date is 1980, the first that the format can hold.
                new.writestr(zipfile.ZipInfo(name), timeless(name, old.read(name)))


def timeless(name: str, content: bytes) -> bytes:
    """A member of a `.keras` file without its date and without addresses in memory."""
    if name == "metadata.json":
        return json.dumps(json.loads(content) | {"date_saved": ""}).encode()
    if name != "config.json":
        return content
    seen: dict[bytes, int] = {}

    def number(match: re.Match[bytes]) -> bytes:
        return match[1] + b"%d" % seen.setdefault(match[2], len(seen))

    return re.sub(rb'("shared_object_id": )(\d+)', number, content)


def load(path: Path) -> tuple[Any, list[Label]]:
    """A model and the labels it answers, in the order of its outputs.

    Raises `InputError` when the file is no Keras model, or its heads are not those of `LABELS`.
    """
    if not zipfile.is_zipfile(path):
        raise InputError(f"{path}: not a trained model (.keras file)")
    import keras

    model = keras.models.load_model(path)
    outputs = model.output if isinstance(model.output, dict) else {}
    labels = labels_of(outputs)
    if not labels:
        raise InputError(f"{path}: has no output named after a label")
    for label in labels:
        if isinstance(label, Category) and outputs[label.name].shape[-1] != len(label.classes):
            raise InputError(f"{path}: was trained on other classes of {label.name}; train anew")
    return model, labels
