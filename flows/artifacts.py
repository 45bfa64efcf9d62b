"""What a run leaves for the browser: metrics, the funnel, what validation said, faces, lineage.

Each artifact is one key with a version per run. A run that failed leaves those it came to.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dvc.repo import Repo
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

from flows import contact_sheet, dag, workspace
from stages.core import paths
from stages.report.funnel import Step, funnel
from stages.report.page import data_uri
from stages.tools.table import markdown_rows

CONTACT_SHEET = "contact-sheet"  # shows faces: what `forget` deletes
DATA_DOCS = "data_docs"  # Great Expectations' own name for the folder
Table = list[dict[str, str]]


def publish(stages: Sequence[dag.Stage]) -> None:
    """Show in the browser what `stages` came to, as far as they came. To be called in a flow."""
    before = {name for stage in stages if stage.dataset for name in dag.upstream(stage, stages)}
    sources = {name.partition("@")[2] for name in before if "@" in name}
    changes = metrics_diff()
    show_changes("metrics", changes, [stage for stage in stages if stage.name not in before])
    show_changes("counts", changes, [stage for stage in stages if stage.name in before])
    show_funnel(read_figures(stages), sources)
    for stage in stages:
        show_validation(stage)
        if stage.dataset:
            show_faces(stage)
    show_lineage()


def metrics_diff() -> dict[str, dict[str, dict[str, Any]]]:
    """`dvc metrics diff --all` by file and metric: old, new and, where both are numbers, diff."""
    with Repo() as repo:
        if hasattr(repo.scm, "get_rev"):
            changes: dict[str, Any] = repo.metrics.diff(all=True).get("diff", {})
            return changes
    return {}


def show_changes(
    key: str, changes: Mapping[str, Mapping[str, Mapping[str, Any]]], stages: Iterable[dag.Stage]
) -> None:
    """A table of the metrics of some stages, now and in the last commit."""
    if rows := table(changes, stages):
        create_table_artifact(rows, key=key, description="`dvc metrics diff`: HEAD and this run")


def table(
    changes: Mapping[str, Mapping[str, Mapping[str, Any]]], stages: Iterable[dag.Stage]
) -> Table:
    """A row per metric, those that changed first."""
    rows = [
        {
            "stage": stage.name,
            "metric": name,
            "HEAD": _formatted(change.get("old")),
            "this run": _formatted(change.get("new")),
            "change": _formatted(change.get("diff", 0), "+") if change.get("diff") else "",
        }
        for stage in stages
        for path in stage.metrics
        for name, change in sorted(changes.get(path, {}).items())
    ]
    return sorted(rows, key=lambda row: row["HEAD"] == row["this run"])


def _formatted(value: Any, sign: str = "") -> str:
    if value is None:
        return "–"
    return f"{value:{sign}.5g}" if isinstance(value, float) else f"{value:{sign}}"


def read_figures(stages: Iterable[dag.Stage]) -> dict[str, Any]:
    """The stages' metrics that exist, by stage, and by member for those of a `foreach`."""
    figures: dict[str, Any] = {}
    for stage in stages:
        name, _, member = stage.name.partition("@")
        for path in map(Path, stage.metrics):
            if path.exists():
                place = figures.setdefault(name, {}) if member else figures
                place[member or name] = json.loads(path.read_text(encoding="utf-8"))
    return figures


def show_funnel(figures: dict[str, Any], sources: Iterable[str]) -> None:
    """From addresses to training rows, and why the others were left out."""
    try:
        steps = funnel(figures, sorted(sources))
    except KeyError:
        return  # some step has not counted yet
    if steps[0].entered:
        create_markdown_artifact(funnel_table(steps), key="funnel", description="What was kept")


def funnel_table(steps: Iterable[Step]) -> str:
    """Markdown: a row per step, and one below it for each reason."""
    rows: list[Sequence[str]] = []
    for step in steps:
        out = step.entered - step.left
        rows.append((step.name, f"{step.entered:,}", f"{step.left:,}", f"{out:,}", ""))
        rows += [("", "", "", f"{count:,}", reason) for reason, count in step.reasons.items()]
    return markdown_rows(("step", "in", "kept", "left out", "why"), rows)


def show_validation(stage: dag.Stage) -> None:
    """What Great Expectations said, when it is the stage that writes its data docs."""
    docs = [Path(out) / "index.html" for out in stage.outs if Path(out).name == DATA_DOCS]
    figures = read_figures([stage]).get(stage.name)
    if not (docs and figures and docs[0].exists()):
        return
    rows = [(name, f"{value:.3g}") for name, value in _flat(figures)]
    page = docs[0].resolve()
    link = f"[Data docs]({page.as_uri()}), on the machine that ran it: `{page}`"
    create_markdown_artifact(
        f"{markdown_rows(('Great Expectations', ''), rows)}\n\n{link}\n",
        key="validation",
        description="Rows, expectations, and the reasons of rows that left",
    )


def _flat(figures: Mapping[str, Any], prefix: str = "") -> list[tuple[str, float]]:
    flat = []
    for name, value in figures.items():
        if isinstance(value, Mapping):
            flat += _flat(value, f"{prefix}{name}: ")
        else:
            flat.append((prefix + name, value))
    return flat


def show_faces(stage: dag.Stage) -> None:
    """A picture of some faces of the dataset.

    It is a picture in Markdown with its bytes in the address: the server keeps no files, the UI's
    policy lets such addresses through, and an image artifact would print all of it as a link.
    """
    files = sorted(path for out in stage.outs for path in Path(out).glob("*.parquet"))
    if sheet := contact_sheet.draw(files):
        create_markdown_artifact(
            f"![Some faces of the dataset]({data_uri(sheet, 'jpeg')})",
            key=CONTACT_SHEET,
            description="The first faces of the dataset",
        )


def show_lineage() -> None:
    """What the outputs follow from."""
    params = paths.PARAMS.read_text(encoding="utf-8").replace("```", "` ` `")
    facts = markdown_rows(("", ""), workspace.lineage().items())
    create_markdown_artifact(
        f"{facts}\n\n```yaml\n{params}\n```\n", key="lineage", description="What this run was of"
    )


def forget() -> int:
    """Delete every version of the contact sheet, since it shows faces; how many there were."""
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[CONTACT_SHEET]))
    deleted = 0
    with get_client(sync_client=True) as client:
        while page := client.read_artifacts(artifact_filter=wanted, limit=100):
            for artifact in page:
                client.delete_artifact(artifact.id)
            deleted += len(page)
    return deleted
