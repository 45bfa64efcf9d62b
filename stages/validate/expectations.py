"""What a face must be to go on, as Great Expectations suites derived from `LABELS`.

A null passes every rule of a label: it says the label is missing, not that it is wrong. It does
not pass for what `crop` always knows: ids, box, keypoints, confidence, size of the picture.
`identity` may be null, since a folder of strangers has none; `fetched_at` and `licence` likewise.

Great Expectations takes seconds to import, so functions do it.
"""

import datetime
import logging
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

import pyarrow as pa

from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.labels.known import LABELS
from stages.core.program import InputError
from stages.validate.conflicts import CONFLICT
from stages.validate.params import Params

if TYPE_CHECKING:
    from great_expectations.data_context import EphemeralDataContext
    from great_expectations.expectations import Expectation

# The faces of a precropped source were not detected: they have no confidence and no keypoints.
ALWAYS_KNOWN = (
    "face_id",
    "image_id",
    "width",
    "height",
    "box_width",
    "box_height",
)
SITE = "faceline"
ROW = "row"  # a row's number in the table, from 0
# Docs are a pure function of the table, so a run has no time of its own.
_NO_TIME = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class RuleResult:
    """What one expectation found: its name and the failing rows, numbered from 0."""

    reason: str
    rows: list[int]


def faces(labels: Collection[str], params: Params) -> "list[Expectation]":
    """The rules of a face. The reason of a face that breaks several is the first."""
    from great_expectations import expectations as gxe  # seconds to import

    _check_named(labels, params)
    between = gxe.ExpectColumnValuesToBeBetween
    return [
        # All of them are rejected, as nothing here says which is right. This rule comes first:
        # copies with the same face_id are not unique either, and outcomes come column by column.
        gxe.ExpectColumnValuesToBeNull(column=CONFLICT),
        *(gxe.ExpectColumnValuesToNotBeNull(column=column) for column in ALWAYS_KNOWN),
        # All rows of a duplicate face are rejected: a picture of two identities is ambiguous, and
        # nothing here says which is right.
        gxe.ExpectColumnValuesToBeUnique(column="face_id"),
        between(column="width", min_value=params.min_picture_side),
        between(column="height", min_value=params.min_picture_side),
        between(column="box_width", min_value=params.min_face_side),
        between(column="box_height", min_value=params.min_face_side),
        between(column="confidence", min_value=params.min_confidence, max_value=1),
        gxe.ExpectColumnValuesToBeInSet(column="keypoints_length", value_set=[10]),
        *(_of_label(LABELS[name], params) for name in labels),
    ]


def _check_named(labels: Collection[str], params: Params) -> None:
    for key, names in (("ranges", params.ranges), ("keep", params.keep)):
        for name in names:
            if name not in labels:
                raise InputError(
                    f"params.yaml: validate.{key} names {name!r}, which no face has: "
                    f"label.labels gives {', '.join(labels)}"
                )


def _of_label(label: Label, params: Params) -> "Expectation":
    from great_expectations import expectations as gxe  # seconds to import

    column, among = label.name, gxe.ExpectColumnValuesToBeInSet
    match label:
        case Number():
            low, high = params.ranges.get(column, (label.low, label.high))
            return gxe.ExpectColumnValuesToBeBetween(column=column, min_value=low, max_value=high)
        case Category():
            return among(column=column, value_set=params.keep.get(column, list(label.classes)))
        case Binary():
            return among(column=column, value_set=[True, False])
        case _:
            assert_never(label)


def classes(params: Params) -> "list[Expectation]":
    """The rule of an identity: enough good faces."""
    from great_expectations import expectations as gxe  # seconds to import

    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="faces_of_class", min_value=params.min_faces_per_class
        )
    ]


def context(docs: Path) -> "EphemeralDataContext":
    """A project in memory that sends nothing anywhere and writes its data docs to `docs`."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when it is imported
    logging.getLogger("great_expectations").setLevel(logging.WARNING)  # some 700 lines else
    import great_expectations as gx  # seconds to import
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    from stages.validate import data_docs  # imports Great Expectations

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        data_docs_sites={SITE: data_docs.site(docs)},
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def check(
    project: "EphemeralDataContext",
    name: str,
    table: pa.Table,
    expectations: "list[Expectation]",
    shown: list[str],
) -> list[RuleResult]:
    """Run a suite over `table` through a checkpoint that adds a page to the data docs.

    The docs name failing rows by their number and by columns `shown`. Outcomes come in the
    order of `expectations`.
    """
    import great_expectations as gx  # seconds to import
    from great_expectations.checkpoint import UpdateDataDocsAction
    from great_expectations.core.run_identifier import RunIdentifier

    suite = project.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
    asset = project.data_sources.add_pandas(name).add_dataframe_asset(name)
    validation = gx.ValidationDefinition(
        name=name, data=asset.add_batch_definition_whole_dataframe(name), suite=suite
    )
    checkpoint = gx.Checkpoint(
        name=name,
        validation_definitions=[project.validation_definitions.add(validation)],
        actions=[UpdateDataDocsAction(name=SITE, site_names=[SITE])],
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": [ROW, *shown],
            "return_unexpected_index_query": False,
        },
    )
    numbered = table.append_column(ROW, pa.array(range(table.num_rows), pa.int64()))
    result = project.checkpoints.add(checkpoint).run(
        batch_parameters={"dataframe": numbered.to_pandas()},
        run_id=RunIdentifier(run_name=name, run_time=_NO_TIME),
    )
    (validated,) = result.run_results.values()
    return [_outcome(each) for each in validated.results]


def _outcome(result: Any) -> RuleResult:
    rule = result.expectation_config
    reason = f"{rule.type}({rule.kwargs['column']})"
    if result.success:
        return RuleResult(reason, [])
    rows = result.result.get("unexpected_index_list")
    if rows is None:  # the expectation raised an error; this is not a data failure
        raise RuntimeError(f"{reason}: {result.exception_info}")
    return RuleResult(reason, [int(row[ROW]) for row in rows])
