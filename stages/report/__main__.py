"""Tell the whole story on one page: what was fetched, what was left out and why, what came of it.

The page holds its pictures and charts itself: it needs no server, no script and no network.
"""

import base64
import csv
import hashlib
import json
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jinja2
import yaml

from stages.core import schema
from stages.core.labels.known import LABELS
from stages.core.program import PARAMS_FILE, read_params
from stages.core.scratch import atomic_path
from stages.core.stage import run
from stages.core.store import digest
from stages.core.tables import partitions, read_batches
from stages.report.params import Params

HERE = Path(__file__).parent
CODE = HERE.parent
LIBRARIES = ("icrawler", "mtcnn", "onnxruntime", "great-expectations", "tensorflow", "keras")
# The sections that made the numbers: not where work ran, nor what models may lose.
MADE = (
    "scrape", "crop", "label", "validate", "split", "undersample", "shard", "train", "evaluate",
)  # fmt: skip
Figures = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One step of the funnel: how many went in, how many came out, and why the others did not."""

    name: str
    entered: int
    left: int
    reasons: dict[str, int]


@dataclass
class ContactSheet:
    """One person's faces, as data URIs, with what is known of each."""

    identity: str
    title: str
    rows: int = 0
    faces: list[tuple[str, str]] = field(default_factory=list)


def funnel(figures: Figures, sources: Iterable[str]) -> list[Step]:
    """The steps from URLs to training rows, from each stage's own counts."""
    scraped = [figures["scrape"][source] for source in sources]
    cropped = [figures["crop"][source] for source in sources]
    tried, kept = _total(scraped, "tried"), _total(scraped, "kept")
    faces = _total(cropped, "faces")
    checked, thinned = figures["validate"], figures["undersample"]
    return [
        Step("fetch pictures", tried, kept, _merged(scraped)),
        Step("find one face", kept, faces, _merged(cropped)),
        Step("validate labels", checked["rows"], checked["valid"], checked["reasons"]),
        Step(
            "balance training faces",
            checked["valid"],
            checked["valid"] - thinned["dropped"],
            {"over the cap of its bin": thinned["dropped"]} if thinned["dropped"] else {},
        ),
    ]


def _total(figures: list[Figures], name: str) -> int:
    return sum(each[name] for each in figures)


def _merged(figures: list[Figures]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for each in figures:
        for reason, count in each["left_out"].items():
            counts[reason] += count
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def contact_sheets(
    faces: list[Path], examples: Path, labels: list[str], params: Params
) -> list[ContactSheet]:
    """The first faces of the first people, in the tables' order; streams and stops early."""
    sheets: dict[str, ContactSheet] = {}
    wanted: dict[str, tuple[str, str]] = {}
    for row in _rows([examples]):
        name = row["identity"] or "unnamed"
        if name not in sheets and len(sheets) == params.people:
            continue
        sheet = sheets.setdefault(name, ContactSheet(name, name.replace("-", " ").title()))
        sheet.rows += 1
        if sheet.rows <= params.faces_per_person:
            wanted[row["face_id"]] = (name, _caption(row, labels))
    for row in _rows(faces, ["face_id", "face"]):
        if not wanted:
            break
        if found := wanted.pop(row["face_id"], None):
            sheets[found[0]].faces.append((data_uri(row["face"]["bytes"], "jpeg"), found[1]))
    return list(sheets.values())


def _rows(paths: list[Path], columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    for batch in read_batches(paths, columns):
        yield from batch.to_pylist()


def _caption(row: dict[str, Any], labels: list[str]) -> str:
    known = [(name, row[name]) for name in labels if row[name] is not None]
    told = [name if value is True else value for name, value in known if value is not False]
    shown = [f"{value:.0f}" if isinstance(value, float) else str(value) for value in told]
    return " · ".join([row["split"], *shown]).replace("_", " ")


def data_uri(data: bytes, kind: str) -> str:
    """A picture as the value of an `img`'s `src`."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def histogram(path: Path, split: str = "train") -> list[dict[str, Any]]:
    """Rows per bin before and after undersampling, in the file's order."""
    bins: dict[str, dict[str, Any]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == split and row["bin"] != "null":
                bins.setdefault(row["bin"], {"bin": row["bin"]})[row["step"]] = int(row["count"])
    return list(bins.values())


def parameters() -> str:
    """The values of `params.yaml` that made these numbers, as YAML: those that the page is of."""
    params = read_params(PARAMS_FILE)
    made = {name: params[name] for name in MADE}
    return yaml.safe_dump(made, sort_keys=False, default_flow_style=None, allow_unicode=True)


def lineage(inputs: list[Path], params: str) -> dict[str, str]:
    """What made these numbers: data, parameters, code, libraries; each by a version to compare."""
    code = hashlib.sha256()
    for path in sorted(CODE.rglob("*.py")):
        code.update(f"{path.relative_to(CODE)}\0".encode() + path.read_bytes())
    data = hashlib.sha256("".join(digest(path) for path in inputs).encode())
    return {
        "data": data.hexdigest()[:12],
        "parameters": hashlib.sha256(params.encode()).hexdigest()[:12],
        "code": code.hexdigest()[:12],
        "commit": _last_commit(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    }


def _last_commit() -> str:
    """The last commit that touched the code: the same on every later one that did not."""
    command = ["git", "log", "-1", "--format=%h", "--", str(CODE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "none (not in a git checkout)"


def scores(metrics: dict[str, Figures]) -> list[dict[str, Any]]:
    """A row per label and figure: every model's beside the trivial answer's."""
    rows = []
    first = next(iter(metrics.values()), {})
    for label, given in first.items():
        for figure, title in LABELS[label].figures.items() if label in LABELS else ():
            if given.get(figure) is None:
                continue
            told = [_told(each.get(label, {}).get(figure)) for each in metrics.values()]
            trivial = _told(given["baseline"].get(figure))
            rows.append(
                {"label": label, "figure": title, "values": told, "trivial": trivial}
                | {"count": given["n"]}
            )
    return rows


def _told(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}" if value <= 1 else f"{value:.2f}"


# What `label_source` says, in the page's words.
ORIGINS = {
    "annotation": "data set or list",
    "picture": "the picture's keywords",
    "person": "what is known of the person",
    "dates": "counted from dates",
}


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


def render(**content: Any) -> str:
    """Fill the page; everything that came from outside is escaped."""
    loader = jinja2.FileSystemLoader(HERE)
    page = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return page.get_template("report.html.j2").render(**content)


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
    made = parameters()
    page = render(
        steps=steps,
        top=max(1, steps[0].entered),
        splits={side: figures["data"]["split"][side] for side in schema.SPLITS},
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
        lineage=lineage([balanced, *files], made),
        params=made,
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
