"""The gate on literal differences; and a real run, its experiment, and a clone compared by DVC."""

import json
import math
import re
import shutil
import sys
from pathlib import Path

import pytest

from stages.core.program import InputError, section
from stages.tools.compare import __main__ as compare
from stages.tools.compare.__main__ import (
    Comparison,
    Params,
    as_markdown,
    as_text,
    gated,
    regressions,
    unjudged,
)
from stages.tools.compare.differences import Difference
from stages.tools.compare.revision import WORKSPACE
from stages.tools.table import Table
from tests.project import ROOT, Project

EVERYONE = ("all", "all")


def difference(
    figure: str, low: float, high: float, group: tuple[str, str] = EVERYONE
) -> Difference:
    label = "age" if figure == "mae" else "gender"
    return Difference("compact", label, figure, group, 9, 1.0, 1.0 + (low + high) / 2, low, high)


FOUND = [
    difference("mae", 0.6, 1.0),
    difference("mae", 3.0, 4.0, ("0-24", "male")),
    difference("accuracy", -0.3, -0.1),
]


def worse(**gate: dict[str, float]) -> list[str]:
    return regressions(gated(FOUND, gate))


def test_a_figure_within_its_tolerance_passes() -> None:
    assert worse(age={"mae": 0.6}, gender={"accuracy": 0.1}) == []
    assert worse() == []


def test_a_figure_beyond_its_tolerance_is_named_with_its_interval() -> None:
    assert worse(age={"mae": 0.5}, gender={"accuracy": 0.2}) == [
        "compact age.mae +0.8 (+0.6 … +1), allowed 0.5"
    ]


def test_a_gate_on_what_is_not_measured_says_so_and_judges_the_rest() -> None:
    gate = {"young": {"accuracy": 0.1}, "age": {"mae": 0.5}}
    judged = gated(FOUND, gate)
    assert unjudged(judged, gate) == ["young.accuracy: not measured in both revisions"]
    assert regressions(judged) == ["compact age.mae +0.8 (+0.6 … +1), allowed 0.5"]
    assert unjudged(gated([], gate), gate) == [
        "young.accuracy: not measured in both revisions",
        "age.mae: not measured in both revisions",
    ]


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        ({"agee": {"mae": 1.0}}, "'agee' is no label; allowed: age, gender"),
        ({"age": {"mea": 1.0}}, "age: 'mea' is no figure; allowed: mae"),
    ],
)
def test_a_misspelt_gate_lists_what_there_is(gate: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        section(Params, {"compare": {"gate": gate}}, "compare")


@pytest.mark.parametrize("gate", [{"age": {"mae": -1}}, {"age": 1}, {"age": {"mae": "a bit"}}])
def test_a_gate_that_is_none(gate: object) -> None:
    with pytest.raises(InputError, match=r"params.yaml: compare.gate.age"):
        section(Params, {"compare": {"gate": gate}}, "compare")


def run_main(
    monkeypatch: pytest.MonkeyPatch, found: list[Difference], *options: str
) -> str | int | None:
    """What `main` exits with, given some differences and the project's own gate."""
    told = Comparison("a → b", [Table("Classes", ("class",), [("abe",)])], found)
    monkeypatch.setattr(compare, "compare", lambda before, after: told)
    monkeypatch.setattr(sys, "argv", ["compare", "HEAD", *options])
    monkeypatch.chdir(ROOT)
    try:
        compare.main()
    except SystemExit as ended:
        return ended.code
    return None


def test_main_fails_after_telling_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run_main(monkeypatch, FOUND)
    assert str(code).startswith("compare: worse than compare.gate allows: compact age.mae")
    assert capsys.readouterr().out == "a → b\n\nClasses\n  class\n  abe\n"


def test_main_passes_what_few_people_cannot_judge_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [difference("mae", math.nan, math.nan), difference("accuracy", 0.1, 0.2)]
    assert run_main(monkeypatch, found, "--md") is None
    told = capsys.readouterr()
    assert "compare.gate cannot judge compact age.mae: too few people" in told.err
    assert told.out.startswith("## a → b\n\n### Classes\n\n| class   |")


def test_text_and_markdown_hold_the_title() -> None:
    empty = Comparison("a → b", [], [])
    assert as_text(empty, colour=False).startswith("a → b\n")
    assert as_markdown(empty).startswith("## a → b\n")


# From here on with DVC: a run, and an experiment with one person and one epoch more.


@pytest.fixture(scope="module")
def project(demo: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A commit tagged `base`, and the experiment `longer`, which is the workspace too."""
    made = demo.copy(tmp_path_factory.mktemp("compare") / "faceline")
    made.commit("A run")
    made.run("git", "tag", "base")
    with made.catalogue.open("a") as file:
        file.write("ada-lorne,Ada Lorne,1,female,white,1961-03-02,actor,cat\n")
    made.run("dvc", "exp", "run", "--name", "longer", "--set-param", "train.epochs=2")
    return made


def told(project: Project, *given: str) -> str:
    return project.run("python", "-m", "stages.tools.compare", *given).stdout


def widthless(text: str) -> str:
    """A text whatever the widths of its tables' columns."""
    return re.sub(r"[ -]+", " ", text)


@pytest.mark.slow
def test_an_experiment_against_a_tag(project: Project) -> None:
    said = told(project, "base", "longer")
    now = len(project.catalogue.read_text().splitlines()) - 1
    assert f"{now - 1} → {now} classes: 1 new, 0 gone, {now - 1} in both." in said
    assert re.search(r"train.epochs +1 +2\n", said)
    assert re.search(r"data/celebrities.csv +label, scrape@demo\n", said)
    assert re.search(r"unknown +\d+ +\d+ +\+", said)  # ages
    assert "changed split" in said
    assert "stages/" not in said  # the same code
    shown = told(project, "base", "longer", "--md")
    workspace = told(project, "base", "--md")
    # Columns are as wide as the revision's name.
    assert widthless(shown.replace("longer", WORKSPACE)) == widthless(workspace)


@pytest.mark.slow
def test_figures_are_those_that_evaluate_wrote(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    overall = [one for one in compare.compare("longer").differences if one.overall]
    figures = json.loads((project.folder / "results/compact/metrics.json").read_text())
    labels = figures.keys() - {"n"}
    assert {one.label for one in overall} == labels
    for one in overall:
        assert one.before == one.after == pytest.approx(figures[one.label][one.figure])


@pytest.mark.slow
def test_what_dvc_itself_compares(project: Project) -> None:
    metrics = json.loads(project.run("dvc", "metrics", "diff", "base", "--json").stdout)
    assert metrics["results/data/label.json"]["rows"]["diff"] > 0
    assert "results/compact/metrics.json" in metrics
    params = json.loads(project.run("dvc", "params", "diff", "base", "--json").stdout)
    assert params["params.yaml"]["train.epochs"] == {"old": 1, "new": 2, "diff": 1}
    assert "longer" in project.run("dvc", "exp", "show", "--csv").stdout
    project.run("dvc", "plots", "diff", "base", "longer")
    page = (project.folder / "dvc_plots" / "index.html").read_text()
    assert "vegaEmbed" in page
    assert not re.search(r"<script[^>]+src=", page)


@pytest.mark.slow
def test_a_clone_has_the_files_once_they_are_pushed(project: Project, tmp_path: Path) -> None:
    remote = tmp_path / "remote"
    project.run("dvc", "remote", "add", "--default", "--force", "--local", "shared", str(remote))
    project.run("git", "clone", "--quiet", ".", str(tmp_path / "clone"))
    clone = Project(tmp_path / "clone")
    lacking = clone.run("python", "-m", "stages.tools.compare", "base", "HEAD", check=False)
    assert lacking.returncode == 1
    line = lacking.stdout.strip().splitlines()[-1]
    assert re.search(r"base: \S+ is not in DVC's cache; get it with: dvc fetch --all-commits", line)
    project.run("dvc", "push", "--all-commits")
    clone.run("dvc", "remote", "add", "--default", "--local", "shared", str(remote))
    clone.run("dvc", "fetch", "--all-commits")
    shutil.rmtree(remote)  # what follows is out of the cache
    assert "No change." in told(clone, "base", "HEAD")


@pytest.mark.slow
def test_a_workspace_that_was_edited_says_that_figures_are_of_the_last_run(
    project: Project,
) -> None:
    before = (project.folder / "params.yaml").read_text()
    project.set_params(crop={"margin": 0.4})
    said = told(project, "longer")
    (project.folder / "params.yaml").write_text(before)
    assert "workspace: changed since it was run; dvc repro would run crop@demo" in said
    assert "crop.margin" not in said.split("Notes")[1].split("Classes")[1]
