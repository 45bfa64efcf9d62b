"""The tables of docs/recipes, of what was measured: `python -m benchmarks.recipe_pages`."""

import json
from pathlib import Path
from typing import Any

from benchmarks.recipe import RESULTS, Spread

PAGES = Path(__file__).parents[1] / "docs" / "recipes"
START, END = "<!-- measured: python -m benchmarks.recipe_pages -->", "<!-- end -->"

# What the seed projects published, and what is to be reached here; shares, or years.
PUBLISHED: dict[str, dict[str, tuple[float | None, float | None]]] = {
    "utkface": {
        "gender accuracy": (0.917, 0.935),
        "race accuracy": (None, 0.85),
        "race accuracy, three races": (0.934, 0.935),
        "age mae": (6.241, 5.3),
        "age rmse": (8.487, 7.7),
    },
    "celeba": {
        "mean accuracy": (None, 0.90),
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
    "expressions": {
        "expression accuracy": (0.7207, 0.67),
        "expression macro_f1": (None, 0.62),
        "gender accuracy": (None, None),
        "age mae": (None, None),
    },
}


def shown(name: str, value: float) -> str:
    """Years as they are, shares in per cent."""
    return f"{value:.2f}" if " mae" in name or " rmse" in name else f"{100 * value:.1f}"


def table(name: str) -> str:
    """The recipe's runs side by side, in Markdown: its own, and those kept beside it."""
    runs = [json.loads(path.read_text()) for path in sorted(RESULTS.glob(f"{name}*.json"))]
    wanted = PUBLISHED[name]
    columns = [(run, model) for run in runs for model in run["models"]]
    lines = [heading(runs, columns), "|" + "---|" * (len(columns) + 4)]
    for figure, (seed, reach) in wanted.items():
        own = [run["models"][model] for run, model in columns]
        trivial = next((each["trivial"][figure] for each in own if figure in each["trivial"]), None)
        cells = [figure.replace("_", " ")]
        aims = (seed, reach, trivial)
        cells += ["–" if value is None else shown(figure, value) for value in aims]
        cells += [spread(figure, each["figures"].get(figure)) for each in own]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *(told(run) for run in runs)])


def heading(runs: list[dict[str, Any]], columns: list[tuple[dict[str, Any], str]]) -> str:
    names = [
        model if run is runs[0] else f"{model}, {' '.join(run['set'])}" for run, model in columns
    ]
    return "| " + " | ".join(["", "seed, published", "to reach", "trivial", *names]) + " |"


def spread(figure: str, found: Spread | None) -> str:
    if not found:
        return "–"
    value, low, high = (shown(figure, each) for each in found)
    return f"{value} ({low}–{high})"


def told(run: dict[str, Any]) -> str:
    """What a table's figures rest on."""
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
    return f"Recipe `{run['recipe']}`{changed}: {models}; {faces}, {where}.{mix}"


def main() -> None:
    for name in PUBLISHED:
        page = PAGES / f"{name}.md"
        if page.exists() and (RESULTS / f"{name}.json").exists():
            before, _, rest = page.read_text(encoding="utf-8").partition(START)
            after = rest.partition(END)[2]
            page.write_text(f"{before}{START}\n\n{table(name)}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
