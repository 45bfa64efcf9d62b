"""A recipe on real pictures, whole, by `dvc exp run`: its figures with their intervals.

    python -m benchmarks.recipe utkface utkface=FOLDER_OR_ZIP [--set train.epochs=40] [--as NAME]

The recipe runs in a fresh copy of the project, on the sources given. Beside every figure stand the
ends of its 95 % interval: the test's faces are drawn with replacement 2,000 times. `--as` keeps a
run beside the recipe's own. `python -m benchmarks.recipe_pages` makes tables of it. A quarter of an
hour for each model is usual on two cores.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any, assert_never

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from benchmarks import machine, watching
from stages.core import paths
from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.labels.known import LABELS, RACE
from stages.core.program import read_params, section
from stages.evaluate import metrics
from stages.tools.compare import predictions
from tests import project as projects
from tests.project import Project

RESULTS = Path(__file__).parent / "results" / "recipes"
PACKAGES = ("tensorflow", "keras", "onnxruntime", "pyarrow")
RESAMPLES, AT_ONCE, SEED = 2000, 100, 1

Floats = npt.NDArray[np.float64]
Spread = tuple[float, float, float]  # a figure and the ends of its interval
THREE = ("white", "black", "asian")  # the races that the seed kept


def run(recipe: str, sources: dict[str, str], given: list[str], folder: Path) -> dict[str, Any]:
    """Run the recipe in a copy of the project; what it gave."""
    project = projects.clone(folder / "faceline")
    overrides = [f"recipe={recipe}", *(f"scrape.sources.{k}={v}" for k, v in sources.items())]
    command = ["dvc", "exp", "run"]
    for each in (*overrides, *given):
        command += ["-S", each]
    seen = watching.by_stage(project, command)
    return {"recipe": recipe, "set": given} | outcome(project, seen)


def outcome(project: Project, seen: dict[str, watching.Stage]) -> dict[str, Any]:
    """Of a run of the whole DAG: what went in, what came out, how long it took."""
    models = sorted(path.parent.name for path in project.folder.glob("results/*/metrics.json"))
    data = project.folder / "results" / "data"
    figures = {
        path.relative_to(data).as_posix(): json.loads(path.read_text())
        for path in data.rglob("*.json")
    }
    return {
        "stage_seconds": {name: stage.seconds for name, stage in seen.items()},
        "models": {model: measure(project, model) for model in models},
        "test": test_set(project, models[0]),
        "data": {name: counts(content) for name, content in sorted(figures.items())},
        "machine": machine.facts(PACKAGES),
    }


def counts(content: dict[str, Any]) -> dict[str, Any]:
    """A stage's numbers and reasons."""
    kept = {k: v for k, v in content.items() if isinstance(v, int | float)}
    return kept | {k: content[k] for k in ("left_out", "reasons") if k in content}


def test_set(project: Project, model: str) -> dict[str, Any]:
    """How many faces of which decade."""
    rows = pq.read_table(project.folder / "results" / model / "predictions.parquet")
    ages = rows["age"].drop_null().to_numpy() if "age" in rows.column_names else np.empty(0)
    decades, faces = np.unique(ages // 10 * 10, return_counts=True)
    named = map(str, decades.astype(int))
    return {"n": rows.num_rows, "decades": dict(zip(named, faces.tolist(), strict=True))}


def measure(project: Project, model: str) -> dict[str, Any]:
    """Every label's figures with their intervals, by `label figure`."""
    table = pq.read_table(project.folder / "results" / model / "predictions.parquet")
    found = predictions.read(table, [])
    baseline = json.loads((project.folder / "results" / model / "metrics.json").read_text())
    figures: dict[str, Any] = {}
    trivial: dict[str, float] = {}
    for name in found.labels:
        label = LABELS[name]
        known = found.known(label)
        truth, answer = (each[known] for each in found.labels[name])
        figures |= {f"{name} {k}": v for k, v in spreads(label, truth, answer).items()}
        trivial |= {f"{name} {k}": v for k, v in baseline[name]["baseline"].items()}
        if name == "age":
            figures |= by_decade(label, truth, answer)
    if binary := [name for name in found.labels if isinstance(LABELS[name], Binary)]:
        each = [figures[f"{name} accuracy"][0] for name in binary]
        mean = f"mean accuracy of {len(binary)}"
        figures[mean] = [float(np.mean(each)), *mean_interval(found, binary)]
        trivial[mean] = float(np.mean([trivial[f"{n} accuracy"] for n in binary]))
    figures |= three_races(project, model) if "race" in found.labels else {}
    import keras

    parameters = keras.saving.load_model(
        project.folder / "models" / f"{model}.keras", compile=False
    ).count_params()
    return {"parameters": parameters, "figures": figures, "trivial": trivial}


def draws(size: int) -> Any:
    """How often each of so many faces is drawn, (AT_ONCE, size) at a time."""
    rng = np.random.default_rng(SEED)
    for _ in range(RESAMPLES // AT_ONCE):
        chosen = rng.integers(0, size, (AT_ONCE, size)) + size * np.arange(AT_ONCE)[:, None]
        counts = np.bincount(chosen.ravel(), minlength=AT_ONCE * size)
        yield counts.reshape(AT_ONCE, size).astype(float)


def spreads(label: Label, truth: Floats, answer: Floats) -> dict[str, Spread]:
    """Figures of N faces, with precision and recall by class, and their intervals."""
    parts = metrics.parts(label, truth, answer)
    drawn = [parts @ each.T for each in draws(len(truth))]
    sums = np.concatenate([parts.sum(axis=1)[:, None], *drawn], axis=1)
    figures = metrics.of_sums(label, sums)
    figures.pop("n")
    match label:
        case Number():
            pass
        case Category() | Binary():
            hits, truths, answers = np.split(sums, 3)
            with np.errstate(invalid="ignore"):
                for place, name in enumerate(label.classes):
                    figures[f"precision of {name}"] = hits[place] / answers[place]
                    figures[f"recall of {name}"] = hits[place] / truths[place]
        case _:
            assert_never(label)
    return {name: ends(values) for name, values in figures.items()}


def ends(values: Floats) -> Spread:
    """The first value, and the middle 95 % of the others."""
    low, high = np.nanpercentile(values[1:], (2.5, 97.5))
    return float(values[0]), float(low), float(high)


def by_decade(label: Label, truth: Floats, answer: Floats) -> dict[str, Spread]:
    decades = truth // 10 * 10
    return {
        f"age mae, {start:.0f} to {start + 9:.0f}": spreads(label, truth[rows], answer[rows])["mae"]
        for start in np.unique(decades)
        if (rows := decades == start).sum() >= 10
    }


def mean_interval(found: Any, names: list[str]) -> tuple[float, float]:
    """Of the mean accuracy of several labels on the same faces."""
    right = np.stack([np.equal(*found.labels[name]) for name in names]).astype(float)
    mean = right.mean(axis=0)  # every label is known of every face here
    return ends(np.concatenate([[0.0], *(d @ mean / len(mean) for d in draws(len(mean)))]))[1:]


def three_races(project: Project, model: str) -> dict[str, Spread]:
    """Race among three, as the seed's network answers: the most probable of them."""
    import keras

    from stages.evaluate import __main__ as evaluate
    from stages.formats import batches, tfrecord

    params = section(evaluate.Params, read_params(project.folder / paths.PARAMS), "evaluate")
    network = keras.saving.load_model(project.folder / "models" / f"{model}.keras", compile=False)
    shards = project.folder / "data/shards/tfrecord"
    height, width, channels = network.input_shape[1:]
    faces = batches.dataset(shards, "test", [RACE], (height, width), 128, channels=channels)
    shares = evaluate.predict(network, faces, params.tta_views)["race"]
    truth = tfrecord.columns(tfrecord.open_shards(shards), "test", ["race"])["race"]
    places = [RACE.classes.index(name) for name in THREE]
    rows = np.isin(truth, places)
    answer = np.array(places)[shares[rows][:, places].argmax(axis=1)]
    spread = spreads(RACE, truth[rows].astype(float), answer.astype(float))
    return {"race accuracy, three races": spread["accuracy"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("sources", nargs="*", metavar="source=path")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="given")
    parser.add_argument("--as", metavar="NAME", dest="name", help="of the results' file")
    options = parser.parse_args()
    sources = dict(each.split("=", 1) for each in options.sources)
    sources = {name: str(Path(path).resolve()) for name, path in sources.items()}
    with tempfile.TemporaryDirectory() as folder:
        found = run(options.recipe, sources, options.given, Path(folder))
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{options.name or options.recipe}.json"
    path.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
