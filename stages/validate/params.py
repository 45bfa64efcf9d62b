"""The `validate` section of `params.yaml`."""

from pydantic import Field, field_validator

from stages.core.labels.known import CATEGORIES, NUMBERS
from stages.core.program import Section


class Params(Section):
    """What a labeled face must be to go on."""

    min_confidence: float = Field(ge=0, le=1, description="Least confidence of the detector.")
    min_face_side: int = Field(ge=1, description="Least shorter side of a face's box, pixels.")
    min_faces_per_class: int = Field(
        ge=1, description="Least good faces of a person; people with fewer are rejected."
    )
    min_picture_side: int = Field(ge=1, description="Least shorter side of the picture, pixels.")
    ranges: dict[str, tuple[float, float]] = Field(
        description="Allowed values of number labels, inclusive, such as {age: [15, 65]}."
    )
    keep: dict[str, list[str]] = Field(
        description="Allowed classes of category labels, such as {race: [white, asian]}."
    )
    near_duplicate_bits: int | None = Field(
        ge=0,
        le=16,
        description="Copies up to this hash distance must agree on labels; null: same file.",
    )
    max_rejected: float = Field(
        ge=0, le=1, description="Largest share of faces that may be rejected; more fails the stage."
    )

    @field_validator("ranges")
    @classmethod
    def _within(cls, ranges: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
        for name, (low, high) in ranges.items():
            if name not in NUMBERS:
                raise ValueError(f"{name!r} is no number; allowed: {', '.join(NUMBERS)}")
            label = NUMBERS[name]
            if not label.low <= low <= high <= label.high:
                allowed = f"{label.low} <= low <= high <= {label.high}"
                raise ValueError(f"{name}: [{low:g}, {high:g}] must be [low, high], {allowed}")
        return ranges

    @field_validator("keep")
    @classmethod
    def _classes(cls, keep: dict[str, list[str]]) -> dict[str, list[str]]:
        for name, classes in keep.items():
            if name not in CATEGORIES:
                raise ValueError(f"{name!r} is no category; allowed: {', '.join(CATEGORIES)}")
            allowed = CATEGORIES[name].classes
            if not classes or not set(classes) <= set(allowed):
                raise ValueError(f"{name}: {classes} must be some of {', '.join(allowed)}")
        return keep
