"""The stages' figures as the page shows them: models' scores, histograms, origins of labels."""

import csv
import json
from pathlib import Path
from typing import Any

from stages.core.labels.known import LABELS

Figures = dict[str, Any]

# What `label_source` says, in the page's words.
ORIGINS = {
    "annotation": "data set or list",
    "picture": "the picture's keywords",
    "person": "what is known of the person",
    "dates": "counted from dates",
}


def read_figures(results: Path) -> Figures:
    """Every stage's metrics, by stage, and by source where there are several."""
    figures: Figures = {}
    for path in sorted(results.rglob("*.json")):
        *folders, name = path.relative_to(results).with_suffix("").parts
        place = figures
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = json.loads(path.read_text(encoding="utf-8"))
    return figures


def scores(metrics: dict[str, Figures]) -> list[dict[str, Any]]:
    """A row per label and figure, in the label's unit: every model's beside the trivial answer's.

    metrics: content of `metrics.json` by model. A model without the label has a dash.
    """
    rows = []
    for label in dict.fromkeys(
        name for each in metrics.values() for name in each if name in LABELS
    ):
        measured = next(each[label] for each in metrics.values() if label in each)
        for figure, title in LABELS[label].figures.items():
            if measured.get(figure) is None:
                continue
            values = [_formatted(each.get(label, {}).get(figure)) for each in metrics.values()]
            trivial = _formatted(measured["baseline"].get(figure))
            row = {"label": label, "figure": title, "values": values, "trivial": trivial}
            rows.append(row | {"count": measured["n"]})
    return rows


def _formatted(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}" if value <= 1 else f"{value:.2f}"


def label_origins(labeled: Figures) -> list[dict[str, Any]]:
    """A row per label: on how many faces it is known, by where its value is from, and is null."""
    return [
        {
            "label": name,
            "counts": [counts["from"].get(origin, 0) for origin in ORIGINS],
            "null": counts["null"],
        }
        for name, counts in labeled["labels"].items()
    ]


def histogram(path: Path, split: str = "train") -> list[dict[str, Any]]:
    """Rows per bin before and after undersampling, in the file's order."""
    bins: dict[str, dict[str, Any]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == split and row["bin"] != "null":
                bins.setdefault(row["bin"], {"bin": row["bin"]})[row["step"]] = int(row["count"])
    return list(bins.values())
