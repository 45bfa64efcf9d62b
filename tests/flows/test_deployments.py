"""prefect.yaml is deployed unattended, shows forms, starts training, and its schedules fire."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.pipeline import EVENT, RESOURCE
from flows.train import pool_stages
from tests.flows.deploying import deployed, ended, worker
from tests.flows.small import ROOT, Workspace
from tests.project import clone

FILE: dict[str, Any] = yaml.safe_load((ROOT / "prefect.yaml").read_text())
DEPLOYMENTS: dict[str, dict[str, Any]] = {each["name"]: each for each in FILE["deployments"]}


def test_training_is_deployed_on_the_pool_that_its_stages_want() -> None:
    assert {stage.pool for stage in pool_stages()} == {"gpu"}
    assert DEPLOYMENTS["train-gpu"]["work_pool"] == {"name": "gpu"}


def test_training_starts_at_the_event_that_the_pipeline_emits() -> None:
    (trigger,) = DEPLOYMENTS["train-gpu"]["triggers"]
    assert trigger["expect"] == [EVENT]
    assert trigger["match"] == {"prefect.resource.id": RESOURCE}


@pytest.fixture(scope="module")
def client(server: str) -> Iterator[SyncPrefectClient]:
    with temporary_settings({PREFECT_API_URL: server}), get_client(sync_client=True) as client:
        yield client


@pytest.fixture(scope="module")
def forms(
    server: str, client: SyncPrefectClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """What the server holds of each deployment, after deploying from a clone without a remote."""
    folder = clone(tmp_path_factory.mktemp("deployed") / "clone").folder
    with deployed(server, client, folder):
        found = {each.name: each for each in client.read_deployments()}
        yield {name: found[name] for name in DEPLOYMENTS if name in found}  # others' are there too


@pytest.mark.slow
def test_all_are_deployed_unattended(forms: dict[str, Any]) -> None:
    assert set(forms) == set(DEPLOYMENTS)


@pytest.mark.slow
def test_no_deployment_knows_the_folder_that_it_was_deployed_from(forms: dict[str, Any]) -> None:
    for deployment in forms.values():
        assert "/" not in str(deployment.pull_steps)
        assert not Path(deployment.entrypoint).is_absolute()


@pytest.mark.slow
def test_forms_show_choices_defaults_and_what_each_parameter_means(forms: dict[str, Any]) -> None:
    form = forms["pipeline"].parameter_openapi_schema["properties"]
    assert form["training"]["enum"] == ["here", "pool", "none"]
    assert form["training"]["default"] == "here"
    assert form["targets"]["default"] == []
    assert forms["train-gpu"].parameters == {"pull": True, "push": True}
    for deployment in forms.values():
        for name, field in deployment.parameter_openapi_schema["properties"].items():
            assert field.get("description"), f"{deployment.name}: {name}"


@pytest.mark.slow
def test_the_nightly_run_is_scheduled(forms: dict[str, Any]) -> None:
    (schedule,) = forms["nightly-refresh"].schedules
    assert (schedule.active, schedule.schedule.cron) == (True, "0 3 * * *")
    assert schedule.schedule.timezone == "UTC"


@pytest.mark.slow
def test_a_schedule_fires(
    forms: None, server: str, client: SyncPrefectClient, small: Workspace
) -> None:
    for name in ("flows", "stages"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, small.folder / name, ignore=ignored)
    scheduled = DEPLOYMENTS["pipeline"] | {"name": "often", "schedules": [{"interval": 10}]}
    small.write("prefect.yaml", yaml.safe_dump(FILE | {"deployments": [scheduled]}))
    with deployed(server, client, small.folder), worker(server, small.folder, "data") as log:
        run = ended(client, "often", [log])
    assert run.auto_scheduled
    assert run.state is not None
    assert run.state.is_completed(), run.state.message
    assert (small.folder / "page.txt").exists()


def test_every_entrypoint_is_there() -> None:
    for each in DEPLOYMENTS.values():
        file, _, function = each["entrypoint"].partition(":")
        assert f"def {function}(" in Path(ROOT / file).read_text()
