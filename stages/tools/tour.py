"""After `make demo`: where to look, and what to try next. Paths are those of `dvc.yaml`."""

import json
from pathlib import Path

from stages.core import paths
from stages.core.program import lookup, read_params
from stages.report.figures import scores
from stages.tools.table import aligned

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
    rows = [
        [row["label"], row["figure"], *row["values"], row["trivial"]] for row in scores(metrics)
    ]
    return "\n".join(aligned([["test faces", "", *models, "trivial"], *rows]))


def listed(lines: dict[str, str]) -> str:
    """Names and what they are, in two columns."""
    return "\n".join(aligned(list(lines.items())))


if __name__ == "__main__":
    models = lookup(read_params(paths.PARAMS), "train.models")
    print(f"\n{table(models)}\n\nLook at\n{listed(PLACES)}\n\nTry next\n{listed(NEXT)}")
