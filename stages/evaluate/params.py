"""The `evaluate` section of `params.yaml`."""

from typing import Literal

from pydantic import Field

from stages.core.program import Section


class Params(Section):
    """How trained models are measured."""

    split: Literal["test", "validation"] = Field(description="Split that models are measured on.")
    batch_size: int = Field(ge=1, le=100_000, description="Faces per prediction step.")
    tta_views: Literal[1, 2, 10] = Field(
        description="Test-time augmentation: 1 off, 2 with the mirror image, 10 also shifted."
    )
    age_edges: list[int] = Field(description="Years at which a new age group begins.")
    worst_mistakes: int = Field(ge=0, le=1000, description="Worst mistakes shown per label.")
