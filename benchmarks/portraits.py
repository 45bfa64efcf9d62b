"""The README's rehearsal on real portraits, from their zip to a model: what came of it.

    python -m benchmarks.portraits CONGRESS_ZIP

A fresh copy of the project serves the pictures as a site, asks for everybody by name, and goes on
to the evaluation. The README has the figures, with 95 % bootstrap intervals. Takes a minute.
"""

import argparse
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from benchmarks import page, watching
from benchmarks.recipe import outcome
from benchmarks.recipe_pages import funnel, shown, spread
from stages.core.tables import write_json
from tests import project as projects

RESULTS = Path(__file__).parent / "results" / "portraits.json"
PAGE = page.DOCS.parent / "README.md"
COMMAND = "python -m benchmarks.portraits"
GIVEN = ("scrape.site=congress", "scrape.min_pictures=1", "validate.min_faces_per_class=1",
         "train.models=[compact]", "train.labels=[gender,job]", "train.epochs=6")  # fmt: skip
FIGURES = ("gender accuracy", "job accuracy")


def run(archive: Path, folder: Path) -> dict[str, Any]:
    project = projects.clone(folder / "faceline")
    with zipfile.ZipFile(archive) as portraits:
        portraits.extractall(project.folder / "congress")
    project.catalogue.write_text(
        project.run("python", "-m", "stages.tools.make_catalogue", "congress").stdout
    )
    overrides = [word for each in GIVEN for word in ("-S", each)]
    return outcome(project, watching.by_stage(project, ["dvc", "exp", "run", *overrides]))


def table(result: dict[str, Any]) -> str:
    """Markdown."""
    model = result["models"]["compact"]
    lines = ["| | the model | always the most frequent class |", "|---|---|---|"]
    for name in FIGURES:
        trivial = shown(name, model["trivial"][name])
        lines.append(f"| {name}, % | {spread(name, model['figures'][name])} | {trivial} |")
    seconds, machine = sum(result["stage_seconds"].values()), result["machine"]
    where = f"{machine['cpus']} cores of an {machine['cpu']}"
    basis = f"{result['test']['n']} test faces; {seconds:.0f} seconds for the whole run on {where}."
    return "\n".join([*lines, "", f"{basis} {funnel(result)}"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("archive", type=Path, metavar="congress.zip")
    archive = parser.parse_args().archive
    if not zipfile.is_zipfile(archive):
        sys.exit(f"{archive}: no zip file")
    with tempfile.TemporaryDirectory() as folder:
        result = run(archive.resolve(), Path(folder))
    write_json(RESULTS, result)
    page.fill(PAGE, COMMAND, table(result))


if __name__ == "__main__":
    main()
