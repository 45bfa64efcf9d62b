"""The `label` section of `params.yaml`."""

from pydantic import Field, field_validator

from stages.core.labels.known import LABELS
from stages.core.program import Section


class Params(Section):
    """Which labels become columns."""

    labels: list[str] = Field(description="Labels that become columns of the tables, in order.")

    @field_validator("labels")
    @classmethod
    def _known(cls, labels: list[str]) -> list[str]:
        for name in labels:
            if name not in LABELS:
                raise ValueError(f"{name!r} is no label; allowed: {', '.join(LABELS)}")
            if labels.count(name) > 1:
                raise ValueError(
                    f"{name!r} is listed twice; allowed once each: {', '.join(LABELS)}"
                )
        return labels
