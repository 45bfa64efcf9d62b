"""Compare two revisions: their data, parameters, code, and models with what is within noise.

A revision is a commit, branch, tag or DVC experiment, or `workspace`. Parameters and inputs are
those that `dvc.lock` recorded. Ends with exit code 1 where a model is worse than `compare.gate` of
params.yaml allows.
"""

import argparse
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from stages.core import paths
from stages.core.program import InputError, read_params, section
from stages.tools import table
from stages.tools.compare import dataset, lineage, models
from stages.tools.compare.differences import Difference
from stages.tools.compare.params import Gate, Params
from stages.tools.compare.revision import WORKSPACE, Revision
from stages.tools.table import Table


@dataclass(frozen=True)
class Comparison:
    """The tables that compare two revisions, and every model's differences to judge."""

    title: str
    tables: list[Table]
    differences: list[Difference]


def compare(before: str, after: str = WORKSPACE) -> Comparison:
    """Read both revisions and compare them; `InputError` says what is missing where."""
    old, new = Revision(before), Revision(after)
    edges = new.params().get("evaluate.age_edges", [])
    names, absent = models.models(old, new)
    compared = [models.compared(name, old, new, edges) for name in names]
    tables = [*dataset.tables(old, new, edges), *lineage.tables(old, new)]
    tables += [table for each in compared for table in models.tables(each)]
    notes = [*absent, *_unrun(old), *_unrun(new)]
    if notes:
        tables.insert(0, Table("Notes", (), (), notes))
    differences = [difference for each in compared for difference in each.differences]
    return Comparison(f"{before} → {after}", tables, differences)


def _unrun(revision: Revision) -> list[str]:
    stages = ", ".join(revision.unrun())
    message = f"{revision.name}: changed since it was run; dvc repro would run {stages}."
    return [message] if stages else []


def gated(differences: Iterable[Difference], gate: Gate) -> list[tuple[Difference, float]]:
    """The differences that the gate judges, each with how much worse it may be."""
    return [
        (difference, gate[difference.label][difference.figure])
        for difference in differences
        if difference.overall and difference.figure in gate.get(difference.label, {})
    ]


def unjudged(judged: Iterable[tuple[Difference, float]], gate: Gate) -> list[str]:
    """The figures that the gate names but cannot judge, each with the reason."""
    differences = [difference for difference, _ in judged]
    measured = {(difference.label, difference.figure) for difference in differences}
    few = [
        f"{each.model} {each.label}.{each.figure}: too few people"
        for each in differences
        if each.verdict == "too few people"
    ]
    absent = [
        f"{label}.{figure}: not measured in both revisions"
        for label, figures in gate.items()
        for figure in figures
        if (label, figure) not in measured
    ]
    return few + absent


def regressions(judged: Iterable[tuple[Difference, float]]) -> list[str]:
    """A line for each difference that is worse than allowed."""
    return [
        f"{each.model} {each.label}.{each.figure} {each.after - each.before:+.3g} "
        f"({each.low:+.3g} … {each.high:+.3g}), allowed {tolerance:g}"
        for each, tolerance in judged
        if each.is_worse_by(tolerance)
    ]


def as_text(comparison: Comparison, colour: bool) -> str:
    """The comparison for a terminal."""
    return f"{comparison.title}\n\n{table.as_text(comparison.tables, colour)}"


def as_markdown(comparison: Comparison) -> str:
    """The comparison as a Markdown page, as Prefect's artifacts take it."""
    return table.as_markdown(comparison.tables, comparison.title)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m stages.tools.compare", description=__doc__)
    parser.add_argument("before", help="a commit, branch, tag or experiment")
    parser.add_argument("after", nargs="?", default=WORKSPACE, help="likewise; %(default)s if none")
    parser.add_argument("--md", action="store_true", help="print Markdown")
    arguments = parser.parse_args()
    try:
        gate = section(Params, read_params(paths.PARAMS), "compare").gate
        comparison = compare(arguments.before, arguments.after)
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        print(as_markdown(comparison) if arguments.md else as_text(comparison, colour), flush=True)
    except InputError as error:
        sys.exit(f"compare: {error}")
    judged = gated(comparison.differences, gate)
    for reason in unjudged(judged, gate):
        print(f"compare: compare.gate cannot judge {reason}", file=sys.stderr)
    if worse := regressions(judged):
        sys.exit(f"compare: worse than compare.gate allows: {'; '.join(worse)}")


if __name__ == "__main__":
    main()
