"""Does one network trained on several sources beat those trained on each alone?

    python -m benchmarks.together celeba=PATH class_folders=PATH utkface=PATH

The recipe `together` runs on all sources, then on each alone, with the same epochs. The faces that
both tested give the difference of every label's figures, with the 95 % interval of a paired
bootstrap, as `python -m stages.tools.compare` does. Takes about 20 minutes; the table of
docs/recipes/together.md is made of it.
"""

import argparse
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks import machine, page, watching
from benchmarks.recipe import PACKAGES
from stages.core.labels.known import LABELS
from stages.core.tables import write_json
from stages.tools.compare import predictions
from stages.tools.compare.differences import Difference, differences
from stages.tools.compare.predictions import Predictions
from tests import project as projects
from tests.project import Project

RESULTS = Path(__file__).parent / "results" / "together.json"
PAGE = page.DOCS / "recipes/together.md"
COMMAND = "python -m benchmarks.together"
MODEL = "compact"


def train(project: Project, sources: dict[str, str], wanted: list[str]) -> dict[str, Any]:
    """The recipe on some of the sources: its answers to the test set, and minutes of training."""
    given = ["recipe=together", *(f"scrape.sources.{name}={sources[name]}" for name in wanted)]
    given += [f"~scrape.sources.{name}" for name in sources if name not in wanted]
    overrides = [word for each in given for word in ("-S", each)]
    seen = watching.by_stage(project, ["dvc", "exp", "run", *overrides])
    table = pq.read_table(project.folder / "results" / MODEL / "predictions.parquet")
    minutes = seen[f"train@{MODEL}"].seconds / 60
    return {"answers": predictions.read(table, []), "minutes": minutes}


def compare(alone: Predictions, together: Predictions) -> Iterator[Difference]:
    """The leading figure of every label, on the faces that both tested."""
    for each in differences(MODEL, *predictions.common(alone, together), paired=True):
        if each.overall and each.figure == LABELS[each.label].leading:
            yield each


def run(sources: dict[str, str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        project = projects.clone(Path(folder) / "faceline")
        whole = train(project, sources, list(sources))
        parts = {name: train(project, sources, [name]) for name in sources}
    rows = [
        {
            "source": name, "label": each.label, "figure": each.figure, "faces": each.people,
            "alone": each.before, "together": each.after, "low": each.low, "high": each.high,
            "verdict": each.verdict,
        }
        for name, part in parts.items()
        for each in compare(part["answers"], whole["answers"])
    ]  # fmt: skip
    minutes = {"together": whole["minutes"]} | {k: part["minutes"] for k, part in parts.items()}
    return {"rows": rows, "minutes": minutes, "machine": machine.facts(PACKAGES)}


def table(result: dict[str, Any]) -> str:
    """In Markdown; years as they are, shares in per cent."""
    heads = ["label", "source alone", "alone", "together", "difference", "together is"]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in result["rows"]:
        unit = 1 if row["figure"] == "mae" else 100
        alone, whole, low, high = (
            unit * row[key] for key in ("alone", "together", "low", "high")
        )  # fmt: skip
        name = f"{row['label'].replace('_', ' ')}, {row['figure']}"
        change, verdict = f"{whole - alone:+.2f}", "not judged"
        if not math.isnan(low):
            change += f" ({low:+.2f} to {high:+.2f})"
            verdict = "no different" if row["verdict"] == "noise" else row["verdict"]
        cells = [name, row["source"], f"{alone:.2f}", f"{whole:.2f}", change, verdict]
        lines.append("| " + " | ".join(cells) + " |")
    took = ", ".join(f"{name} {minutes:.1f}" for name, minutes in result["minutes"].items())
    where = f"{result['machine']['cpus']} cores of an {result['machine']['cpu']}"
    return "\n".join([*lines, "", f"Minutes of training: {took}; {where}."])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sources", nargs="+", metavar="source=path")
    given = (each.split("=", 1) for each in parser.parse_args().sources)
    result = run({name: str(Path(path).resolve()) for name, path in given})
    write_json(RESULTS, result)
    page.fill(PAGE, COMMAND, table(result))


if __name__ == "__main__":
    main()
