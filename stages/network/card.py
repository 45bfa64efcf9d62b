"""A model's card, stored in its file: its labels, and how its training faces were cropped.

To use a model on a picture, the face must be cropped as in training, whatever `params.yaml` says
now.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, assert_never, get_args

from pydantic import ConfigDict, Field, TypeAdapter

from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.program import Section

KINDS: dict[str, type[Any]] = {kind.__name__.lower(): kind for kind in get_args(Label)}


class Crop(Section):
    """How the faces were detected and cropped: the keys of `crop` that a new picture needs.

    Where all sources were precropped, `margin` is still the `crop.margin` for new pictures.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    detector: str  # a module of stages/crop/detectors
    margin: float = Field(gt=-0.5, le=2)  # of the box's longer side, on every side
    size: int = Field(ge=16, le=1024)  # pixels, before the model's own size
    align: bool  # the eyes are level
    min_confidence: float = Field(ge=0, le=1)
    min_face_side: int = Field(ge=12)  # pixels


@dataclass(frozen=True)
class Card:
    """The labels that a model predicts, in the order of its outputs, and the crop of its faces."""

    labels: tuple[Label, ...]
    crop: Crop

    def to_json(self) -> bytes:
        """The same card always gives the same bytes."""
        labels = [{"kind": type(label).__name__.lower(), **asdict(label)} for label in self.labels]
        content = {"labels": labels, "crop": self.crop.model_dump()}
        return json.dumps(content, indent=2, sort_keys=True).encode()


def from_json(content: bytes) -> Card:
    """Read a card; ValueError says what is wrong with it."""
    try:
        card = json.loads(content)
        labels = tuple(_label(**entry) for entry in card["labels"])
        crop = Crop.model_validate(card["crop"])
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None
    if len({label.name for label in labels}) != len(labels) or not labels:
        raise ValueError("labels must be there and differ in their names")
    return Card(labels, crop)


def _label(kind: str, **fields: Any) -> Label:
    label: Label = TypeAdapter(KINDS[kind]).validate_python(fields)
    return label


def output_widths(label: Label) -> dict[str, int]:
    """The outputs that a model has for a label, by name, and the width of each."""
    match label:
        case Number():
            return {label.name: 1, f"{label.name}_distribution": label.bins}
        case Category():
            return {label.name: len(label.classes)}
        case Binary():
            return {label.name: 1}
        case _:
            assert_never(label)
