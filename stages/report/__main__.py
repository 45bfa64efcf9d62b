"""Show the whole dataset and its models on one page: the funnel, the splits, scores and faces.

The page holds its pictures and charts itself: it needs no server, no script and no network.
"""

from pathlib import Path

from stages.core.schema import SPLITS
from stages.core.scratch import atomic_path
from stages.core.stage import run
from stages.core.tables import partitions
from stages.report.contact_sheets import contact_sheets
from stages.report.figures import ORIGINS, histogram, label_origins, read_figures, scores
from stages.report.funnel import funnel
from stages.report.page import data_uri, render
from stages.report.params import Params
from stages.report.provenance import parameters as shown_parameters
from stages.report.provenance import provenance


def main(
    faces: Path,
    balanced: Path,
    results: Path,
    report: Path,
    params: Params,
    sources: dict[str, str],
    labels: list[str],
    models: list[str],
    split_by: str,
    balanced_by: str | None,
) -> None:
    """Read every stage's figures and some faces, write one page."""
    files = partitions(faces, sources)
    figures = read_figures(results)
    steps = funnel(figures["data"], sources)
    bins = histogram(results / "data" / "undersample.csv")
    metrics = {model: figures[model]["metrics"] for model in models}
    parameters = shown_parameters()
    page = render(
        steps=steps,
        top=max(1, steps[0].entered),
        splits={split: figures["data"]["split"][split] for split in SPLITS},
        split_by=split_by,
        origins=ORIGINS.values(),
        label_origins=label_origins(figures["data"]["label"]),
        sheets=contact_sheets(files, balanced, labels, params),
        balanced_by=balanced_by,
        bins=bins,
        tallest=max((bin["before"] for bin in bins), default=1) or 1,
        models=models,
        scores=scores(metrics),
        mistakes={
            model: data_uri(path.read_bytes(), "png")
            for model in models
            if (path := results / model / "mistakes.png").exists()
        },
        provenance=provenance([balanced, *files], parameters),
        params=parameters,
    )
    with atomic_path(report) as beside:
        beside.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    run(
        main,
        sources="scrape.sources",
        labels="label.labels",
        models="train.models",
        split_by="split.by",
        balanced_by="undersample.label",
    )
