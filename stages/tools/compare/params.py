"""The `compare` section of `params.yaml`."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, field_validator

from stages.core.labels.known import LABELS
from stages.core.program import Section

Tolerance = Annotated[float, Field(ge=0)]
Gate = Mapping[str, Mapping[str, Tolerance]]


class Params(Section):
    """What `python -m stages.tools.compare` lets pass; no stage reads it."""

    gate: dict[str, dict[str, Tolerance]] = Field(
        description="By label and figure: how much worse a model may get before compare fails."
    )

    @field_validator("gate")
    @classmethod
    def _known(cls, gate: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        for label, figures in gate.items():
            if label not in LABELS:
                raise ValueError(f"{label!r} is no label; allowed: {', '.join(LABELS)}")
            known = LABELS[label].figures
            for figure in figures:
                if figure not in known:
                    raise ValueError(
                        f"{label}: {figure!r} is no figure; allowed: {', '.join(known)}"
                    )
        return gate
