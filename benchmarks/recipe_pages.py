"""The tables of docs/recipes, from benchmarks/results: `python -m benchmarks.recipe_pages`."""

import json
import re
from typing import Any

from benchmarks import page
from benchmarks.recipe import RESULTS, Spread

FEW = 3  # settings that a column's head may name; more are only in the line below the table
PAGES = page.DOCS / "recipes"
COMMAND = "python -m benchmarks.recipe_pages"

# What the seed projects published, and the target here; shares, or years.
PUBLISHED: dict[str, dict[str, tuple[float | None, float | None]]] = {
    "utkface": {
        "gender accuracy": (0.917, 0.935),
        "race accuracy": (None, 0.85),
        "race accuracy, three races": (0.934, 0.935),
        "age mae": (6.241, 5.3),
        "age rmse": (8.487, 7.7),
    },
    "celeba": {
        "mean accuracy of 40": (None, 0.90),
        "male precision of no": (0.947, 0.947),
        "male precision of yes": (0.933, 0.933),
        "male recall of no": (0.952, 0.952),
        "male recall of yes": (0.926, 0.926),
        "mouth_slightly_open precision of no": (0.934, 0.934),
        "mouth_slightly_open precision of yes": (0.882, 0.882),
        "mouth_slightly_open recall of no": (0.894, 0.894),
        "mouth_slightly_open recall of yes": (0.926, 0.926),
        "smiling precision of no": (0.907, 0.907),
        "smiling precision of yes": (0.909, 0.909),
        "smiling recall of no": (0.914, 0.914),
        "smiling recall of yes": (0.902, 0.902),
    },
    "imdb_wiki": {
        "age mae": (None, None),
        "age rmse": (None, None),
        "gender accuracy": (None, None),
    },
    "lookalike": {
        "gender accuracy": (0.81, None),
        "job accuracy": (0.52, None),
        "look_alike accuracy": (0.27, None),
    },
    "expressions": {
        "expression accuracy": (0.7207, 0.67),
        "expression macro_f1": (None, 0.62),
        "gender accuracy": (None, None),
        "age mae": (None, None),
        "age_group accuracy": (None, None),
    },
}


def shown(name: str, value: float) -> str:
    """Years as they are, shares in per cent; a mean of many, which varies less, more exactly."""
    if " mae" in name or " rmse" in name:
        return f"{value:.2f}"
    return f"{100 * value:.2f}" if name.startswith("mean ") else f"{100 * value:.1f}"


def runs_of(name: str) -> list[dict[str, Any]]:
    """A page's runs: the recipe's own, then those kept beside it as NAME-something."""
    paths = [RESULTS / f"{name}.json", *sorted(RESULTS.glob(f"{name}-*.json"))]
    return [json.loads(path.read_text()) for path in paths if path.exists()]


def table(name: str) -> str:
    """The runs of a page side by side, in Markdown."""
    runs = runs_of(name)
    models = [each for run in runs for each in run["models"].values()]
    wanted = PUBLISHED.get(name) or dict.fromkeys(balanced(models[0]), (None, None))
    aims = [place for place in (0, 1) if any(pair[place] for pair in wanted.values())]
    heads = ["", *(("seed, published", "target")[place] for place in aims), "trivial"]
    heads += [column(run, model) for run in runs for model in run["models"]]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for figure, pair in wanted.items():
        if not any(figure in each["figures"] for each in models):
            continue  # no run trained it
        known = [pair[place] for place in aims]
        known.append(next((m["trivial"][figure] for m in models if figure in m["trivial"]), None))
        cells = [figure.replace("_", " ")]
        cells += ["–" if value is None else shown(figure, value) for value in known]
        cells += [spread(figure, each["figures"].get(figure)) for each in models]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *(f"- {basis(run)}" for run in runs)])


def balanced(model: dict[str, Any]) -> list[str]:
    """What balancing ages may change."""
    ages = [name for name in model["figures"] if name.startswith("age ")]
    return [*ages, "gender accuracy", "race accuracy"]


def column(run: dict[str, Any], model: str) -> str:
    """The model, and what tells its run from others of the same one.

    Not its patience, which is here as long as the training.
    """
    own = (each for each in run["set"] if not re.match(r"train\.(models|patience)=", each))
    return model if len(run["set"]) > FEW else ", ".join([model, *(f"`{each}`" for each in own)])


def spread(figure: str, interval: Spread | None) -> str:
    """A figure with its interval, or a dash."""
    if not interval:
        return "–"
    value, low, high = (shown(figure, each) for each in interval)
    return f"{value} ({low}–{high})"


def basis(run: dict[str, Any]) -> str:
    """How a table's figures were measured: settings, model, test set, machine and funnel."""
    ages = ", ".join(f"{k}s {v}" for k, v in run["test"]["decades"].items())
    models = ", ".join(
        f"`{name}` {each['parameters']:,} parameters, trained in "
        f"{run['stage_seconds'][f'train@{name}'] / 60:.1f} minutes"
        for name, each in run["models"].items()
    )
    mix = f" Ages of the test set: {ages}." if ages else ""
    where = f"{run['machine']['cpus']} cores of an {run['machine']['cpu']}"
    changed = f" with `{' '.join(run['set'])}`" if run["set"] else ""
    faces = f"{run['test']['n']:,} test faces"
    return f"Recipe `{run['recipe']}`{changed}: {models}; {faces}, {where}.{mix} {funnel(run)}"


def funnel(run: dict[str, Any]) -> str:
    """How many pictures and faces each step kept, and why it left out the others."""
    counts = run["data"]
    steps = []
    for source in (name.removeprefix("scrape/") for name in counts if name.startswith("scrape/")):
        tried, faces = counts[f"scrape/{source}"], counts[f"crop/{source}"]
        kept = f"{tried['kept']:,}{reasons(tried['left_out'])}"
        steps.append(f"{source.removesuffix('.json')}, {tried['tried']:,} tried, {kept} kept, "
                     f"{faces['faces']:,} faces{reasons(faces['left_out'])}")  # fmt: skip
    valid, balanced = counts["validate.json"], counts["undersample.json"]
    steps.append(f"{valid['valid']:,} valid{reasons(valid['reasons'])}")
    if balanced["dropped"] or balanced["repeated"]:
        steps.append(
            f"{balanced['dropped']:,} dropped and {balanced['repeated']:,} repeated to balance"
        )
    return f"Funnel: {'; '.join(steps)}."


def reasons(counts: dict[str, int]) -> str:
    parts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items())
    return f" (left out: {parts})" if parts else ""


def main() -> None:
    for each in sorted(PAGES.glob("*.md")):
        if runs_of(each.stem):
            page.fill(each, COMMAND, table(each.stem))


if __name__ == "__main__":
    main()
