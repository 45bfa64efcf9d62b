"""The tables that carry labels, as Arrow schemas. A missing label is null.

Like the tables after `FACES` in `stages.core.schema` they keep its order and carry no pixels.
"""

from collections.abc import Iterable

import pyarrow as pa

from stages.core.labels.kinds import Label
from stages.core.schema import DETECTION, PROVENANCE

_OFFICIAL = ("official_split", pa.string())  # the split that the picture's data set puts it in


def labeled(labels: Iterable[Label]) -> pa.Schema:
    """`LABELED`: a face without its pixels, its official split, and a column per label.

    `label_source` says of each label where its value is from; null where there is none.
    """
    labels = list(labels)
    columns = [(label.name, label.arrow) for label in labels]
    sources = pa.struct([(label.name, pa.string()) for label in labels])
    own = [("label_source", sources)] if labels else []  # Parquet has no struct without a field
    return pa.schema([*PROVENANCE, *DETECTION, _OFFICIAL, *own, *columns])


def examples(labels: Iterable[Label]) -> pa.Schema:
    """`EXAMPLES`: `LABELED` and the column `split`, one of train, validation and test."""
    return labeled(labels).append(pa.field("split", pa.string()))
