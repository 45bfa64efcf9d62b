"""After `make demo`: where to look, and what to try next. Paths are those of `dvc.yaml`."""

import json
from pathlib import Path

from stages.core.program import PARAMS_FILE, lookup, read_params
from stages.report.figures import scores

RESULTS = Path("results")
PLACES = {
    "report/index.html": "the whole story on one page",
    "results/data_docs/index.html": "what Great Expectations found",
    "data/shards": "the shards, for TensorFlow Datasets and as Parquet",
}
NEXT = {
    ". .venv/bin/activate": "puts dvc, prefect and python in the path",
    "dvc metrics show": "every figure",
    "dvc plots show": "curves and confusion matrices as a page",
    "dvc exp run -S train.epochs=5": "an experiment; dvc exp show compares",
    "python -m stages.tools.demo_site": "the demo's web, to look at in a browser",
}


def table(models: list[str]) -> str:
    """The models' figures beside the trivial answer's, in aligned columns."""
    metrics = {
        model: json.loads((RESULTS / model / "metrics.json").read_text()) for model in models
    }
    rows = [["test faces", "", *models, "trivial"]]
    rows += [
        [row["label"], row["figure"], *row["values"], row["trivial"]] for row in scores(metrics)
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )


def listed(lines: dict[str, str]) -> str:
    """Names and what they are, in two columns."""
    width = max(map(len, lines))
    return "\n".join(f"  {name.ljust(width)}  {what}" for name, what in lines.items())


if __name__ == "__main__":
    models = lookup(read_params(PARAMS_FILE), "train.models")
    print(f"\n{table(models)}\n\nLook at\n{listed(PLACES)}\n\nTry next\n{listed(NEXT)}")
