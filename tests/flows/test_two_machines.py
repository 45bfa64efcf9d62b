"""A dataset machine and a GPU machine that share nothing but git, DVC's remote and a server."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings

from tests.flows.deploying import deployed, ended, start, worker
from tests.flows.small import environment
from tests.project import Project, clone

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Machines:
    """Three folders, and the runs that they have seen."""

    origin: Path  # the bare git repository
    data: Path
    gpu: Path
    made: FlowRun  # the dataset, on the data machine
    trained: FlowRun  # the model, on the GPU machine


def git(folder: Path, *arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment(), check=True, capture_output=True, text=True
    ).stdout


def tiny(folder: Path) -> Project:
    """The project with six people and a model to be trained for a moment."""
    project = clone(folder)
    project.write_catalogue(project.catalogue.read_text().splitlines()[1:7])
    project.set_params(
        scrape={"max_results": 12, "request_interval": 0.0, "min_pictures": 2},
        validate={"max_rejected": 0.9, "min_faces_per_class": 1},
        train={"models": ["plain"], "labels": ["gender"], "image_size": 32, "epochs": 1},
    )
    return project


def share(project: Project, origin: Path, remote: Path) -> None:
    """Give the project a git and a DVC remote, and push what there is."""
    git(project.folder.parent, "init", "--quiet", "--bare", "--initial-branch=main", str(origin))
    project.run("dvc", "remote", "add", "--default", "shared", str(remote))
    git(project.folder, "commit", "--quiet", "--all", "--message=Six people")
    git(project.folder, "remote", "add", "origin", str(origin))
    git(project.folder, "push", "--quiet", "--set-upstream", "origin", "main")


@pytest.fixture(scope="module")
def machines(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """The pipeline runs on the data machine; what follows, follows by itself."""
    folder = tmp_path_factory.mktemp("machines")
    origin, data, gpu = folder / "origin.git", folder / "data", folder / "gpu"
    share(tiny(data), origin, folder / "remote")
    git(folder, "clone", "--quiet", str(origin), str(gpu))
    with (
        temporary_settings({PREFECT_API_URL: server}),
        get_client(sync_client=True) as client,
        deployed(server, client, data),
        worker(server, data, "data") as first,
        worker(server, gpu, "gpu") as second,
    ):
        start(client, "pipeline/pipeline", training="pool", commit=True, push=True)
        made = ended(client, "pipeline", [first])
        assert made.state is not None
        assert made.state.is_completed(), made.state.message
        trained = ended(client, "train-gpu", [first, second])
        yield Machines(origin, data, gpu, made, trained)


def test_the_changed_dataset_starts_the_training(machines: Machines) -> None:
    assert machines.trained.state is not None
    assert machines.trained.state.is_completed(), machines.trained.state.message
    assert machines.trained.created_by is not None
    assert machines.trained.created_by.type == "AUTOMATION"


def test_the_commit_with_the_metrics_reaches_the_repository(machines: Machines) -> None:
    head, before = git(machines.origin, "log", "--format=%s", "-2").splitlines()
    assert (head, before) == (f"Run {machines.trained.name}", f"Run {machines.made.name}")
    changed = git(machines.origin, "show", "--name-only", "--format=", "HEAD").splitlines()
    assert {"dvc.lock", "results/plain/metrics.json"} <= set(changed)


def test_nothing_but_the_shards_is_on_the_machine_that_trains(machines: Machines) -> None:
    found = {
        str(path.relative_to(machines.gpu).parent)
        for path in (machines.gpu / "data").rglob("*")
        if path.is_file() and path.name != ".gitignore"
    }
    in_git = {"data"}  # the catalogue and the list of what is forgotten
    assert found - in_git == {"data/shards/tfrecord"}
    assert not (machines.gpu / "results" / "data_docs").exists()


def test_the_data_machine_gets_the_model_back(machines: Machines) -> None:
    git(machines.data, "pull", "--quiet", "--ff-only")
    data = Project(machines.data)
    data.run("dvc", "pull", "train", "evaluate")
    model = "models/plain.keras"
    assert (machines.data / model).read_bytes() == (machines.gpu / model).read_bytes()
    assert "up to date" in data.run("dvc", "status", "train", "evaluate").stdout
