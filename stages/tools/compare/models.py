"""The models' part of a comparison: which test faces count, the differences, and their tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from stages.core.labels.known import LABELS
from stages.tools.compare import differences, predictions
from stages.tools.compare.bootstrap import LEAST_PEOPLE, LEVEL
from stages.tools.compare.differences import Difference
from stages.tools.compare.predictions import Predictions
from stages.tools.compare.revision import Revision
from stages.tools.table import Table

MARKS = {"better": "▲ better", "worse": "▼ worse", "noise": "≈", "too few people": "? few people"}


@dataclass(frozen=True)
class Compared:
    """One model's differences, and on which faces they were measured."""

    model: str
    differences: list[Difference]
    faces: str


def models(before: Revision, after: Revision) -> tuple[list[str], list[str]]:
    """The models evaluated in both revisions, and what to say of the others."""
    old, new = (_evaluated(revision) for revision in (before, after))
    notes = [f"{name}: in {after.name} only." for name in sorted({*new} - {*old})]
    notes += [f"{name}: in {before.name} only." for name in sorted({*old} - {*new})]
    return [name for name in new if name in old], notes


def compared(model: str, before: Revision, after: Revision, age_edges: Sequence[int]) -> Compared:
    """A model's differences: paired on the common faces where these are most of both test sets."""
    path = f"results/{model}/predictions.parquet"
    old, new = (predictions.read(revision.table(path, predictions.columns()), age_edges)
                for revision in (before, after))  # fmt: skip
    both = predictions.common(old, new)
    paired = 2 * len(both[0]) >= max(len(old), len(new), 1)
    changes = differences.differences(model, *(both if paired else (old, new)), paired)
    return Compared(model, changes, _measured_on(old, new, len(both[0]), paired))


def tables(each: Compared) -> list[Table]:
    """A model's figures overall, and its leading ones by age bin × gender; none if all agree."""
    if all(row.before == row.after for row in each.differences):
        return [Table(f"{each.model}: figures", (), (), [each.faces, "No change."])]
    overall = [row for row in each.differences if row.overall]
    groups = [
        row for row in each.differences
        if not row.overall and row.figure == LABELS[row.label].leading
    ]  # fmt: skip
    judged = [row for row in groups if row.verdict != "too few people"]
    notes = []
    if judged:
        chance = round(len(judged) * (100 - LEVEL) / 100)
        notes.append(f"{len(judged)} intervals: chance alone leaves 0 out of about {chance}.")
    if few := len(groups) - len(judged):
        notes.append(f"{few} figures are of fewer than {LEAST_PEOPLE} people: too few to tell.")
    return [
        _table(f"{each.model}: figures", overall, [each.faces]),
        _table(f"{each.model}: age × gender", judged, notes),
    ]


def _table(title: str, shown: list[Difference], notes: list[str]) -> Table:
    header = ("label", "figure", "age", "gender", "people", "before", "after", "difference",
              f"{LEVEL} % interval", "")  # fmt: skip
    quiet = frozenset(
        n for n, row in enumerate(shown) if row.verdict in {"noise", "too few people"}
    )
    rows = [
        (row.label, LABELS[row.label].figures[row.figure], *row.group, str(row.people), *cells(row))
        for row in shown
    ]
    grouped = any(not row.overall for row in shown)
    kept = [at for at, name in enumerate(header) if grouped or name not in {"age", "gender"}]
    return Table(title, [header[at] for at in kept], [[row[at] for at in kept] for row in rows],
                 notes, quiet)  # fmt: skip


def cells(row: Difference) -> tuple[str, str, str, str, str]:
    """Before, after, the difference, its interval, and the verdict, as text."""
    digits = 2 if row.figure in differences.LOWER_IS_BETTER else 3
    few = row.verdict == "too few people"
    interval = "" if few else f"{row.low:+.{digits}f} … {row.high:+.{digits}f}"
    return (
        f"{row.before:.{digits}f}",
        f"{row.after:.{digits}f}",
        f"{row.after - row.before:+.{digits}f}" if row.after != row.before else "=",
        interval,
        MARKS[row.verdict],
    )


def _evaluated(revision: Revision) -> list[str]:
    paths = (path for path in revision.outputs if path.endswith("/predictions.parquet"))
    return sorted(path.split("/")[1] for path in paths)


def _measured_on(old: Predictions, new: Predictions, common: int, paired: bool) -> str:
    if not paired:
        return (
            f"The test sets differ: {len(old)} faces before, {len(new)} after, {common} of them in "
            "both. Each revision is measured on its own test set; intervals are unpaired."
        )
    if common == len(old) == len(new):
        return f"Both on the same {common} faces; intervals are paired."
    return (
        f"On the {common} faces that are in both test sets, of {len(old)} before and {len(new)} "
        "after; intervals are paired."
    )
