"""The `compare` section of `params.yaml`."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from stages.core.program import Section

Tolerance = Annotated[float, Field(ge=0)]
Gate = Mapping[str, Mapping[str, Tolerance]]


class Params(Section):
    """What `python -m stages.tools.compare` lets pass; no stage reads it."""

    gate: dict[str, dict[str, Tolerance]] = Field(
        description="By label and figure: how much worse a model may get before compare fails."
    )
