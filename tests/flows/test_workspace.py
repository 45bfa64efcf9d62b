"""One run per workspace; parameters as `dvc exp run -S` sets them; commits of what git keeps."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from flows import children, dag, workspace
from stages.core.program import InputError
from tests.flows.small import DAG, NAMES, PARAMS, Workspace, environment

HOLD = """
import time
from flows import workspace
with workspace.held("wait", "early-bird"):
    print("holds", flush=True)
    time.sleep(600)
"""


def hold() -> subprocess.Popen[str]:
    """Another process that holds this workspace."""
    command = [sys.executable, "-c", HOLD]
    other = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True)
    assert other.stdout
    assert other.stdout.readline() == "holds\n"
    return other


def test_a_second_run_is_refused_by_name_or_waits_until_the_first_is_gone(small: Workspace) -> None:
    said: list[str] = []
    with hold() as other:
        refused = pytest.raises(InputError, match=rf"early-bird \(process {other.pid}\)")
        with refused, workspace.held("refuse"):
            pass
        other.kill()  # it cannot give anything back
    with workspace.held("wait", "late", said.append):
        assert said == []


def test_waiting_is_logged_once(small: Workspace) -> None:
    logged: list[str] = []
    with hold() as other:
        timer = threading.Timer(0.5, other.kill)
        timer.start()
        with workspace.held("wait", "late", logged.append):
            pass
    (line,) = logged
    assert "early-bird" in line


def test_a_flow_within_a_flow_holds_it_already(small: Workspace) -> None:
    with workspace.held("refuse", "outer"), workspace.held("refuse", "inner"):
        assert workspace.HOLDER.read_text().startswith("outer")
    with workspace.held("refuse", "next"):
        pass


def test_a_commit_holds_what_git_keeps_of_a_run_and_nothing_else(small: Workspace) -> None:
    assert workspace.commit("Run a") is None
    small.write("data/celebrities.csv", "someone else\n")
    small.write("model.json", "{}")
    small.write("dvc.lock", "schema: '2.0'\n")
    small.write("unfinished.txt", "mine")
    small.write("step.py", "# mine\n")
    small.run("git", "add", "step.py")
    assert workspace.commit("Run b") == workspace.revision()
    shown = small.run("git", "show", "--format=%s", "--name-only").stdout.split("\n\n")
    assert shown[0] == "Run b"
    assert shown[1].split() == ["data/celebrities.csv", "dvc.lock", "model.json"]
    assert small.run("git", "diff", "--cached", "--name-only").stdout == "step.py\n"


def test_push_without_a_remote_is_one_line(
    small: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = ["ERROR: failed to push", "no remote"]
    monkeypatch.setattr(children, "run", lambda *_: children.Outcome(1, last))
    with pytest.raises(InputError, match=r"^push: no remote$"):
        workspace.push(lambda _: None)


def test_lineage_names_revision_lock_and_parameters(small: Workspace) -> None:
    clean = workspace.lineage()
    assert clean["git revision"] == workspace.revision()
    assert (clean["working tree"], clean["dvc.lock"], clean["dataset"]) == ("clean", "none", "none")
    small.write("params.yaml", "word: x\n")
    dirty = workspace.lineage()
    assert dirty["working tree"] == "dirty"
    assert dirty["params.yaml"] != clean["params.yaml"]
    assert dag.dataset_version() == ""


@pytest.mark.parametrize(
    "content", [b"\xff\xd8\xff\xe0\0\x10JFIF", b"PAR1\0", b"<img src='data:image/x'>"]
)
def test_nothing_with_pictures_is_committed(small: Workspace, content: bytes) -> None:
    (small.folder / "model.json").write_bytes(content)
    with pytest.raises(InputError, match=r"commit: model\.json may hold pictures of people"):
        workspace.commit("Run a")
    assert "model.json" in small.run("git", "status", "--porcelain").stdout
    assert small.run("git", "diff", "--cached", "--name-only").stdout == ""


def test_a_project_in_a_folder_of_a_larger_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    larger = Workspace(tmp_path / "larger")
    larger.write("elsewhere.txt", "theirs")
    larger.run("git", "init", "--quiet", "--initial-branch=main")
    inner = Workspace(larger.folder / "faceline")
    for name, text in {
        "dvc.yaml": DAG,
        "params.yaml": PARAMS,
        "data/celebrities.csv": "a\n",
    }.items():
        inner.write(name, text)
    inner.run("dvc", "init", "--quiet", "--subdir")
    larger.commit()
    monkeypatch.chdir(inner.folder)
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    inner.write("dvc.lock", "torn: [")
    larger.write("elsewhere.txt", "changed by somebody")
    with workspace.held("refuse"):
        assert not (inner.folder / "dvc.lock").exists()
    assert [stage.name for stage in dag.stages()] == NAMES
    inner.write("model.json", "{}")
    assert workspace.commit("Run a") == workspace.revision()
    shown = inner.run("git", "show", "--format=", "--name-only").stdout.split()
    assert shown == ["faceline/model.json"]
