"""Revisions of a small DVC project: what was recorded, files out of the cache, what is missing."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.core.program import InputError
from stages.tools.compare.revision import WORKSPACE, Revision
from tests.project import Project

pytestmark = pytest.mark.slow  # DVC runs, if little: some ten seconds

DAG = """
stages:
  copy:
    cmd: cp in.parquet data/out.parquet
    deps: [in.parquet]
    params: [copy]
    outs: [data/out.parquet]
  later:
    cmd: cp data/out.parquet late.parquet
    deps: [data/out.parquet]
    outs: [late.parquet]
"""


def edit(project: Project, ages: list[int]) -> None:
    table = pa.table({"identity": ["x"] * len(ages), "age": ages})
    pq.write_table(table, project.folder / "in.parquet")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Tags: `empty` has no DAG, `one` and `two` are runs of `copy`; `later` never ran."""
    made = Project(tmp_path_factory.mktemp("revision"))
    (made.folder / "data").mkdir()
    made.run("git", "init", "--quiet")
    made.run("git", "config", "user.email", "a@example.org")
    made.run("git", "config", "user.name", "a")
    made.run("dvc", "init", "--quiet")
    made.run("git", "commit", "--quiet", "--message=no DAG")
    made.run("git", "tag", "empty")
    (made.folder / "dvc.yaml").write_text(DAG)
    for name, ages in {"one": [1], "two": [1, 2]}.items():
        edit(made, ages)
        (made.folder / "params.yaml").write_text(f"copy: {{augment: {{by: {len(ages)}}}}}\n")
        made.repro("copy")
        made.commit(name)
        made.run("git", "tag", name)
    return made


@pytest.fixture(autouse=True)
def inside(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)


def test_what_was_recorded() -> None:
    before, after = Revision("one"), Revision("two")
    assert list(before.stages) == ["copy"]  # `later` has not run
    assert (before.params(), after.params()) == ({"copy.augment.by": 1}, {"copy.augment.by": 2})
    assert before.stages["copy"].command == "cp in.parquet data/out.parquet"
    assert before.stages["copy"].inputs.keys() == {"in.parquet"}
    assert before.stages["copy"].inputs != after.stages["copy"].inputs
    assert before.outputs == {"data/out.parquet"}
    assert before.names("data", ".parquet") == ["out"]


def test_tables_come_from_the_cache_and_only_the_columns_asked_for() -> None:
    found = Revision("one").table("data/out.parquet", ["age", "none"])
    assert found.to_pydict() == {"age": [1]}
    assert Revision("two").table("data/out.parquet").num_rows == 2


def test_texts_of_git_are_empty_where_there_are_none() -> None:
    assert "by: 1" in Revision("one").text("params.yaml")
    assert Revision("one").text("requirements.lock") == ""


def test_the_workspace_says_what_has_not_run(project: Project) -> None:
    assert Revision(WORKSPACE).unrun() == ["later"]
    edit(project, [7])
    assert Revision(WORKSPACE).unrun() == ["copy", "later"]
    assert Revision("one").unrun() == []
    edit(project, [1, 2])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere", "nowhere: no commit, branch, tag or experiment"),
        ("empty", "empty: no stage of dvc.yaml has run there"),
    ],
)
def test_what_is_no_run_of_the_project_is_told_in_a_line(name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Revision(name)


def test_an_output_that_is_in_no_cache_says_how_to_get_it(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Project(Path(shutil.copytree(project.folder, tmp_path / "copy")))
    shutil.rmtree(copy.folder / ".dvc" / "cache")
    monkeypatch.chdir(copy.folder)
    with pytest.raises(InputError, match=r"fetch --all-commits data/out.parquet"):
        Revision("one").table("data/out.parquet")


def test_a_file_that_no_stage_made_then_is_told() -> None:
    with pytest.raises(InputError, match=r"one: data/other.parquet is not an output of it"):
        Revision("one").table("data/other.parquet")


def test_a_file_that_is_no_parquet(project: Project) -> None:
    revision: Any = Revision(WORKSPACE)
    with pytest.raises(InputError, match=r"dvc.yaml: not a readable Parquet file"):
        revision.table("dvc.yaml")
