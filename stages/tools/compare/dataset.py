"""What changed in the data between two revisions: classes, ages, rejects and the split.

Reads the columns that it counts, never a picture. Paths are those of `dvc.yaml`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stages.core.schema import SPLITS
from stages.evaluate import metrics
from stages.report.funnel import funnel as steps_of
from stages.tools.compare.revision import Revision
from stages.tools.table import Table, shortened

EXAMPLES, BALANCED = "data/examples.parquet", "data/balanced.parquet"
UNNAMED, UNKNOWN = "unnamed", "unknown"
_FACE = ["source", "identity", "face_id"]

Counts = Mapping[str, int]


def tables(before: Revision, after: Revision, age_edges: Sequence[int]) -> list[Table]:
    """The data's tables; ages in bins that begin at `age_edges`, years."""
    header = (before.name, after.name, "change")
    both = (before, after)
    old, new = (revision.table(EXAMPLES, [*_FACE, "split", "age"]) for revision in both)
    thin = [revision.table(BALANCED, ["split", "age"]) for revision in both]
    steps = [funnel(revision) for revision in both]
    return [
        classes(old, new, pictures(before), pictures(after), (before.name, after.name)),
        Table(
            "Ages, faces",
            ("years", *header, "to train on"),
            ages(old, new, thin[0], thin[1], age_edges),
        ),
        shortened("What was left out", ("why", *header), changed(*steps)),
        Table("Split", ("split", *header, "people"), splits(old, new), moved(old, new)),
    ]


def pictures(revision: Revision) -> Counts:
    """Pictures fetched and kept, by class."""
    kept: Counter[str] = Counter()
    for source in revision.names("data/attempts", ".parquet"):
        rows = revision.table(f"data/attempts/{source}.parquet", ["identity", "reason"])
        kept.update(_count(rows.filter(pc.is_null(rows["reason"]))["identity"]))
    return kept


def funnel(revision: Revision) -> Counts:
    """How many each step from address to training row left out, by step and reason."""
    sources = revision.names("results/data/scrape", ".json")
    figures = {
        step: {source: revision.json(f"results/data/{step}/{source}.json") for source in sources}
        for step in ("scrape", "crop")
    }
    figures |= {step: revision.json(f"results/data/{step}.json")
                for step in ("validate", "undersample")}  # fmt: skip
    return {
        f"{step.name}: {reason.replace('_', ' ')}": count
        for step in steps_of(figures, sources)
        for reason, count in step.reasons.items()
    }


def classes(
    old: pa.Table, new: pa.Table, fetched: Counts, fetched_now: Counts, names: tuple[str, str]
) -> Table:
    """A row per class whose pictures or faces changed in number, new and gone ones first."""
    faces, faces_now = _count(old["identity"]), _count(new["identity"])
    rows = [
        (
            name,
            "new" if name not in faces else "gone" if name not in faces_now else "",
            *_change(fetched.get(name, 0), fetched_now.get(name, 0))[:2],
            *_change(faces.get(name, 0), faces_now.get(name, 0)),
        )
        for name in sorted({*faces, *faces_now})
        if (faces.get(name), fetched.get(name)) != (faces_now.get(name), fetched_now.get(name))
    ]
    rows.sort(key=lambda row: row[1] == "")
    header = ("class", "", *(f"pictures {name}" for name in names),
              *(f"faces {name}" for name in names), "change")  # fmt: skip
    table = shortened("Classes", header, rows)
    summary = (
        f"{len(faces)} → {len(faces_now)} classes: {len(faces_now.keys() - faces)} new, "
        f"{len(faces.keys() - faces_now)} gone, {len(faces.keys() & faces_now)} in both."
    )
    return Table(table.title, table.header, table.rows, [summary, *table.notes])


def ages(
    old: pa.Table, new: pa.Table, thin: pa.Table, thin_now: pa.Table, edges: Sequence[int]
) -> list[tuple[str, ...]]:
    """A row per age bin: faces before and after, and those left to train on; none if all agree."""
    faces_by_bin, faces_now_by_bin = histogram(old, edges), histogram(new, edges)
    train, train_now = (
        histogram(table.filter(pc.equal(table["split"], "train")), edges)
        for table in (thin, thin_now)
    )
    if (faces_by_bin, train) == (faces_now_by_bin, train_now):
        return []
    return [
        (name, *_change(count, faces_now_by_bin[name]), _arrow(train[name], train_now[name]))
        for name, count in faces_by_bin.items()
        if count or faces_now_by_bin[name]
    ]


def histogram(rows: pa.Table, edges: Sequence[int]) -> dict[str, int]:
    """How many rows are in each age bin, every bin in order, `unknown` last."""
    starts = sorted(edges)
    counts = dict.fromkeys([metrics.age_bin(start, starts) for start in (0, *starts)], 0)
    counts[UNKNOWN] = rows.num_rows
    if "age" in rows.column_names:
        # Edges are whole years, so a bin is that of the whole years: a few values, not all rows.
        known = np.floor(rows["age"].drop_null().to_numpy())
        for year, count in zip(*np.unique(known, return_counts=True), strict=True):
            counts[metrics.age_bin(year, starts)] += int(count)
            counts[UNKNOWN] -= int(count)
    return counts


def changed(old: Counts, new: Counts) -> list[tuple[str, ...]]:
    """A row per name whose count has changed."""
    return [
        (name, *_change(old.get(name, 0), new.get(name, 0)))
        for name in dict.fromkeys([*old, *new])
        if old.get(name, 0) != new.get(name, 0)
    ]


def splits(old: pa.Table, new: pa.Table) -> list[tuple[str, ...]]:
    """A row per split: faces, and people, before and after."""
    rows: list[tuple[str, ...]] = []
    for split in SPLITS:
        own, now = (table.filter(pc.equal(table["split"], split)) for table in (old, new))
        people = (pc.count_distinct(each["identity"]).as_py() for each in (own, now))
        rows.append((split, *_change(own.num_rows, now.num_rows), _arrow(*people)))
    return rows


def moved(old: pa.Table, new: pa.Table) -> list[str]:
    """How many faces are in both, and how many of them changed split, with whose they are."""
    before, after = (_keyed(table) for table in (old, new))
    both = before.join(after, _FACE, right_suffix="_now", join_type="inner")
    crossed = both.filter(pc.not_equal(both["split"], both["split_now"]))
    people = sorted(_count(crossed["identity"]))
    whose = f", of {', '.join(people[:5])}{' …' if len(people) > 5 else ''}" if people else ""
    return [f"{both.num_rows} faces are in both; {crossed.num_rows} of them changed split{whose}."]


def _keyed(table: pa.Table) -> pa.Table:
    """Faces and their split. Nulls become a value, as a join does not match nulls."""
    columns = {name: pc.fill_null(table[name], UNNAMED) for name in _FACE}
    return pa.table(columns | {"split": table["split"]})


def _count(names: pa.ChunkedArray) -> dict[str, int]:
    pairs = pc.value_counts(pc.fill_null(names, UNNAMED)).to_pylist()
    return {pair["values"]: pair["counts"] for pair in pairs}


def _change(before: int, after: int) -> tuple[str, str, str]:
    return str(before), str(after), f"{after - before:+d}" if after != before else "="


def _arrow(before: int, after: int) -> str:
    return str(after) if before == after else f"{before} → {after}"
