"""The `undersample` section of `params.yaml`."""

import re
from itertools import pairwise
from typing import Any

from pydantic import Field, field_validator

from stages.core.program import Section

RATIO = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)x")  # a multiple of the rarest bin


class Params(Section):
    """How the training split is balanced: the cap first, medians as the bins came."""

    label: str | None = Field(description="Label to balance the training split by; null: none.")
    edges: list[int] = Field(min_length=1, description="Where a new bin begins, of a number label.")
    cap: int | str = Field(
        description="Most train rows per bin: none, median, a count, or 2x (the rarest bin)."
    )
    floor: int | str = Field(
        description="Fewest train rows per bin, reached by repeats: none, median, or a count."
    )
    seed: int = Field(ge=0, lt=2**32, description="Seed of the draw.")

    @field_validator("cap", mode="before")
    @classmethod
    def _cap_has_a_meaning(cls, cap: Any) -> Any:
        if isinstance(cap, int) and not isinstance(cap, bool) and cap >= 1:
            return cap
        ratio = RATIO.fullmatch(cap) if isinstance(cap, str) else None
        if cap in ("none", "median") or (ratio and float(ratio[1]) >= 1):
            return cap
        raise ValueError("must be none, median, a count from 1, or a multiple of the rarest: 2x")

    @field_validator("floor", mode="before")
    @classmethod
    def _floor_has_a_meaning(cls, floor: Any) -> Any:
        whole = isinstance(floor, int) and not isinstance(floor, bool) and floor >= 1
        if whole or floor in ("none", "median"):
            return floor
        raise ValueError("must be none, median or a count from 1")

    @field_validator("edges")
    @classmethod
    def _edges_increase(cls, edges: list[int]) -> list[int]:
        if any(low >= high for low, high in pairwise(edges)):
            raise ValueError("must be strictly increasing")
        return edges
