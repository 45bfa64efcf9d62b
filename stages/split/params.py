"""The `split` section of `params.yaml`."""

from typing import Literal

from pydantic import Field, model_validator

from stages.core.program import Section


class Params(Section):
    """How faces are divided into train, validation and test."""

    by: Literal["identity", "picture"] = Field(
        description="What is never in two splits: a person (identity), or only a picture."
    )
    validation: float = Field(ge=0, lt=1, description="Share of the faces for validation.")
    test: float = Field(ge=0, lt=1, description="Share of the faces for test; the rest trains.")
    near_duplicate_bits: int = Field(
        ge=0,
        le=16,
        description="Copies differ by at most so many of 64 bits of their perceptual hash.",
    )
    keep_official_split: bool = Field(
        description="Keep the split that a data set publishes, where it has one."
    )
    stratify: list[str] = Field(description="Labels that are spread evenly over the splits.")
    seed: int = Field(description="Seed of the assignment.")

    @model_validator(mode="after")
    def _leave_train_a_share(self) -> "Params":
        total = round(self.validation + self.test, 9)
        if total >= 1:
            raise ValueError(f"validation + test = {total}: must be below 1, the rest trains")
        return self
