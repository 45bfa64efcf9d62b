"""The kinds of label: a number, a class among several, a yes or a no.

What all kinds answer is defined here. Where kinds differ, code matches on the class and ends in
`assert_never`, so that mypy lists every place that a further kind must answer:

    match label:
        case Number(): ...
        case Category() | Binary(): ...
        case _: assert_never(label)
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa


@dataclass(frozen=True)
class Number:
    """A quantity from `low` to `high`, both inclusive, counted in whole `unit`s.

    tolerance: the error up to which an answer counts as close, the cut of the cumulative score.
    sigma: the width of the soft labels that a model learns from. Both are in the label's unit.
    """

    name: str
    low: int
    high: int
    unit: str
    tolerance: int = 5
    sigma: float = 2.0

    arrow: ClassVar[pa.DataType] = pa.float32()  # its column in a table, where null is missing
    missing: ClassVar[float] = math.nan  # the same where there is no null: shards, targets
    leading: ClassVar[str] = "mae"  # the figure that a model is judged by

    @property
    def bins(self) -> int:
        """How many whole numbers there are from `low` to `high`."""
        return self.high - self.low + 1

    @property
    def figures(self) -> dict[str, str]:
        """The figures that are reported, and their headings."""
        return {
            "mae": f"MAE, {self.unit}",
            "rmse": f"RMSE, {self.unit}",
            f"cs_{self.tolerance}": f"CS@{self.tolerance}",
        }


@dataclass(frozen=True)
class Category:
    """One class among several. `classes` are numbered from 0 in their order."""

    name: str
    classes: tuple[str, ...]

    arrow: ClassVar[pa.DataType] = pa.string()
    missing: ClassVar[float] = -1
    leading: ClassVar[str] = "accuracy"
    figures: ClassVar[dict[str, str]] = {"accuracy": "accuracy", "macro_f1": "macro F1"}


@dataclass(frozen=True)
class Binary:
    """A yes (1) or a no (0)."""

    name: str

    classes: ClassVar[tuple[str, str]] = ("no", "yes")
    arrow: ClassVar[pa.DataType] = pa.bool_()
    missing: ClassVar[float] = -1
    leading: ClassVar[str] = "accuracy"
    figures: ClassVar[dict[str, str]] = Category.figures


Label = Number | Category | Binary
