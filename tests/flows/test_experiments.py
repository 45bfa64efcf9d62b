"""Experiments run side by side, fail alone, and are compared in one table."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import State
from prefect.client.schemas.sorting import ArtifactSort
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Completed, Failed

from flows.experiments import compare, refuse_unshared
from stages.core.program import InputError
from tests.flows.small import DAG, ROOT, Workspace


def row(name: str, **figures: object) -> dict[str, object]:
    """A row as `dvc exp show` has it; what is here has no name."""
    return {"Experiment": name or None, "rev": "workspace" if not name else "abc"} | figures


def test_what_differs_is_compared_and_a_failure_says_why() -> None:
    named = {
        "e-1": ["train.epochs=1"],
        "e-2": ["train.epochs=2", "train.labels=[age]"],
        "e-3": ["x=y"],
    }
    why = "train: params.yaml: x = y\nERROR: failed to reproduce 'train': exited with 1"
    states: dict[str, State[Any]] = {
        "e-1": Completed(),
        "e-2": Completed(),
        "e-3": Failed(message=why),
    }
    shown = [
        row("", accuracy="!", faces=9.0, dep="aaa", **{"gender.classes.male.n": 1.0}),
        row("e-2", accuracy=0.75, faces=9.0, dep="bbb", **{"gender.classes.male.n": 2.0}),
        row("e-1", accuracy=0.5, faces=9.0, dep="ccc"),
        row("of-another-run", accuracy=1.0, faces=8.0),
    ]
    assert compare(named, states, shown) == [
        {"experiment": "workspace", "overrides": "", "outcome": "", "accuracy": None},
        {
            "experiment": "e-1", "overrides": "train.epochs=1",
            "outcome": "Completed", "accuracy": 0.5,
        },
        {
            "experiment": "e-2", "overrides": "train.epochs=2 'train.labels=[age]'",
            "outcome": "Completed", "accuracy": 0.75,
        },
        {
            "experiment": "e-3", "overrides": "x=y",
            "outcome": "Failed: train: params.yaml: x = y", "accuracy": None,
        },
    ]  # fmt: skip


def test_data_that_a_workspace_would_lack_are_named(small: Workspace) -> None:
    refuse_unshared()
    small.write("raw/a.jpg", "a picture")
    small.write("params.yaml", small.read("params.yaml").replace("other.txt", "raw"))
    with pytest.raises(InputError, match="experiments: raw is in neither git nor DVC: `dvc add"):
        refuse_unshared()
    small.run("dvc", "add", "raw")
    refuse_unshared()


@pytest.fixture
def client(server: str) -> Iterator[SyncPrefectClient]:
    with temporary_settings({PREFECT_API_URL: server}), get_client(sync_client=True) as client:
        yield client


def run(workspace: Workspace, server: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flows.experiments", *arguments]
    home = str(workspace.folder.parent / "prefect")
    return workspace.run(*command, check=False, PREFECT_API_URL=server, PREFECT_HOME=home)


def comparison(client: SyncPrefectClient) -> list[dict[str, Any]]:
    """The latest one."""
    found = client.read_artifacts(
        artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=["experiments"])),
        sort=ArtifactSort.CREATED_DESC,
    )
    rows: list[dict[str, Any]] = json.loads(found[0].data)
    return rows


@pytest.mark.slow
def test_each_runs_in_a_workspace_of_its_own(
    small: Workspace, server: str, client: SyncPrefectClient
) -> None:
    small.run("dvc", "repro")
    small.commit()
    done = run(small, server, "--jobs", "3", "word=longer", "nothing=1", "word=l")
    assert done.returncode == 1
    assert "1 of 3 failed" in done.stdout
    here, longer, failed, short = comparison(client)
    assert [each["outcome"] for each in (longer, short)] == ["Completed", "Completed"]
    assert failed["outcome"].startswith("Failed: ")
    assert "nothing" in failed["outcome"]
    # Each letter of the word is in the dataset four times.
    assert longer["letters"] - here["letters"] == 4 * (len("longer") - len("plain"))
    assert short["letters"] - here["letters"] == 4 * (len("l") - len("plain"))
    assert small.run("git", "status", "--porcelain").stdout == ""
    names = small.run("dvc", "exp", "list", "--name-only").stdout.split()
    assert set(names) == {longer["experiment"], short["experiment"]}


@pytest.mark.slow
def test_training_alone_needs_only_what_it_reads(
    small: Workspace, server: str, client: SyncPrefectClient
) -> None:
    sized = "deps: [both.txt]\n    params: [model]\n    metrics"
    small.write("dvc.yaml", DAG.replace("deps: [both.txt]\n    metrics", sized))
    small.write("params.yaml", small.read("params.yaml") + "model: {size: 1}\n")
    small.run("dvc", "repro", "both")
    small.commit()
    for name in ("left-a.txt", "left-b.txt"):
        (small.folder / name).unlink()
    done = run(small, server, "--training-only", "model.size=2", "model.size=3")
    assert not done.returncode, done.stdout
    assert [each["model.size"] for each in comparison(client)] == [1, 2, 3]
    refused = run(small, server, "--training-only", "word=x")
    assert refused.returncode == 1
    assert "changes word" in refused.stdout


@pytest.mark.slow
def test_help_names_every_parameter() -> None:
    command = [sys.executable, "-m", "flows.experiments", "--help"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in ("KEY=VALUE", "--jobs", "--training-only", "--when-busy"):
        assert name in said
