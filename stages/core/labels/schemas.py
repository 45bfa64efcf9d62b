"""The tables that carry labels, as Arrow schemas. A missing label is null.

Like the tables after `FACES` in `stages.core.schema` they keep its order and carry no pixels.
"""

from collections.abc import Iterable

import pyarrow as pa

from stages.core.labels.kinds import Label
from stages.core.schema import DETECTION, PROVENANCE

_GIVEN = ("given_split", pa.string())  # the side that its data set has the picture on


def labeled(labels: Iterable[Label]) -> pa.Schema:
    """`LABELED`: a face without its pixels, its given side, and one nullable column per label."""
    columns = [(label.name, label.arrow) for label in labels]
    return pa.schema([*PROVENANCE, *DETECTION, _GIVEN, *columns])


def examples(labels: Iterable[Label]) -> pa.Schema:
    """`EXAMPLES`: `LABELED` and the side of the split, one of train, validation and test."""
    return labeled(labels).append(pa.field("split", pa.string()))
