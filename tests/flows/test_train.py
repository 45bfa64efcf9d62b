"""Training runs the pool's stages alone, with what they read and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from flows.dag import Stage
from flows.train import inputs, pool_stages, refuse_others
from stages.core.program import InputError
from tests.flows.small import DAG, ROOT, STEP, Workspace

MODEL = Stage("model", frozenset({"both"}), pool="gpu")


def test_the_stages_are_those_that_want_a_pool(small: Workspace) -> None:
    assert [stage.name for stage in pool_stages()] == ["model"]


def test_the_inputs_are_what_other_stages_make(small: Workspace) -> None:
    assert inputs([MODEL]) == ["both.txt"]
    small.write("dvc.yaml", DAG.replace("deps: [both.txt]\n    metrics", "deps: [.]\n    metrics"))
    assert inputs([Stage("both", frozenset())]) == ["left-a.txt", "left-b.txt"]


def test_of_the_project_they_are_the_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert inputs(pool_stages()) == ["data/shards/tfrecord"]


def test_parameters_of_stages_that_do_not_run_are_refused(small: Workspace) -> None:
    small.write("params.yaml", "# kept\nword: plain\nmodel: {size: 1}\n")
    with pytest.raises(InputError, match=r"word=x: changes word, .* allowed: model$"):
        refuse_others(["model.size=2", "word=x"], [MODEL])
    refuse_others(["model.size=2"], [MODEL])
    with pytest.raises(InputError, match="nothing"):
        refuse_others(["model.nothing=2"], [MODEL])
    assert small.read("params.yaml") == "# kept\nword: plain\nmodel: {size: 1}\n"


@pytest.mark.slow
def test_help_names_every_parameter() -> None:
    command = [sys.executable, "-m", "flows.train", "--help"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in ("--set-param", "--revision", "--pull", "--push", "--when-busy"):
        assert name in said


@pytest.fixture
def there(small: Workspace) -> Workspace:
    """A clone of a repository whose dataset is on a DVC remote; nothing else of it is here."""
    (folder,) = small.folder.parents[:1]
    small.run("dvc", "remote", "add", "--default", "shared", str(folder / "remote"))
    small.run("dvc", "repro", "both")
    small.run("dvc", "push")
    small.commit()
    small.run("git", "clone", "--quiet", "--bare", ".", "../origin.git")
    small.run("git", "clone", "--quiet", "../origin.git", "../there")
    return Workspace(folder / "there")


def train(workspace: Workspace, server: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flows.train", "--pull", "--push", *arguments]
    home = str(workspace.folder.parent / "prefect")
    return workspace.run(*command, check=False, PREFECT_API_URL=server, PREFECT_HOME=home)


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.*")}


@pytest.mark.slow
def test_it_pulls_what_it_reads_and_pushes_what_it_makes(there: Workspace, server: str) -> None:
    done = train(there, server)
    assert not done.returncode, done.stdout
    assert {"both.txt", "model.json"} <= files(there.folder)
    assert not {"left-a.txt", "left-b.txt", "page.txt"} & files(there.folder)
    pushed = there.run("git", "show", "origin/main", "--name-only", "--format=%s").stdout
    assert pushed.startswith("Run ")
    assert {"dvc.lock", "model.json"} <= set(pushed.split())
    again = train(there, server)
    assert "Cached" in again.stdout
    assert there.run("git", "log", "--oneline").stdout.count("Run ") == 1


@pytest.mark.slow
def test_a_failed_training_leaves_the_machine_ready_for_the_next(
    there: Workspace, small: Workspace, server: str
) -> None:
    small.run("git", "remote", "add", "origin", "../origin.git")
    broken = STEP + "sys.exit('words of the stage' if name == 'model' else 0)\n"
    for text, ends in ((broken, "Failed"), (STEP, "Completed")):
        small.write("step.py", text)
        small.commit()
        small.run("git", "push", "--quiet", "origin", "main")
        done = train(there, server, "-S", "+model.size=2")
        assert f"Finished in state {ends}" in done.stdout
        assert bool(done.returncode) == (ends == "Failed")
        assert there.run("git", "status", "--porcelain").stdout == ""
    assert "run " in there.run("git", "stash", "list").stdout
