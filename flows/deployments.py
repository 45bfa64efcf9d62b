"""The deployments of `prefect.yaml`: what they want, and sending them to a server."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import (
    DeploymentScheduleUpdate,
    DeploymentUpdate,
    WorkPoolCreate,
)
from prefect.exceptions import ObjectAlreadyExists
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows import children
from flows.children import FailedError
from stages.core.program import InputError

FILE = Path("prefect.yaml")
SCHEDULE = {"schedule", "active", "max_scheduled_runs", "parameters", "slug"}
PREFECT = (sys.executable, "-m", "prefect", "--no-prompt")


def read(path: Path) -> tuple[list[str], dict[str, str]]:
    """The work pools that deployments want, and the deployments with what each is for."""
    try:
        deployments = yaml.safe_load(path.read_text(encoding="utf-8"))["deployments"] or []
        pools = sorted({each["work_pool"]["name"] for each in deployments})
        menu = {each["name"]: " ".join(each.get("description", "").split()) for each in deployments}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run from the project's folder") from None
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        pools, menu = [], {}
    if not pools:
        raise InputError(f"{path}: deployments: each needs a name and a work_pool with a name")
    return pools, menu


def deploy(url: str, pools: Sequence[str], env: Mapping[str, str]) -> None:
    """Send what `prefect.yaml` says, but leave schedules as they were set in the UI."""
    with temporary_settings({PREFECT_API_URL: url}), get_client(sync_client=True) as client:
        for pool in pools:
            with suppress(ObjectAlreadyExists):
                client.create_work_pool(WorkPoolCreate(name=pool, type="process"))
        before = {each.id: each.schedules for each in client.read_deployments()}
        run_deploy(env)
        for number, schedules in before.items():
            fields = [each.model_dump(include=SCHEDULE) for each in schedules]
            kept = [DeploymentScheduleUpdate(**each) for each in fields]
            client.update_deployment(number, DeploymentUpdate(schedules=kept))


def run_deploy(env: Mapping[str, str]) -> None:
    """`prefect deploy --all`, without a question; `FailedError` with its last lines."""
    done = children.run([*PREFECT, "deploy", "--all"], lambda _: None, env=env)
    if done.code:
        raise FailedError(f"{FILE}: cannot be deployed:\n" + "\n".join(done.last))
