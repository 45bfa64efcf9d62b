"""Model files for tests, of models that were never trained."""

from pathlib import Path
from typing import Any

from stages.core.labels.known import labels_of
from stages.network import modelfile
from stages.network.card import Card, Crop

CROP = Crop(detector="onnx", margin=0.2, size=48, align=True, min_confidence=0.9, min_face_side=20)


def save(model: Any, path: Path, crop: Crop = CROP) -> None:
    """Write a model as `stages.train` does; its outputs are named by its labels."""
    modelfile.save(model, Card(tuple(labels_of(model.output)), crop), path)
