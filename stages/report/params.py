"""The `report` section of `params.yaml`."""

from pydantic import Field

from stages.core.program import Section


class Params(Section):
    """How much of the dataset the report shows."""

    people: int = Field(ge=0, le=10_000, description="People on the contact sheets.")
    faces_per_person: int = Field(ge=1, le=1000, description="Faces shown of each.")
