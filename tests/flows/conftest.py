"""A real Prefect server for all tests that want one, and a small workspace for each."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.small import Workspace, create, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API's address of a Prefect server that lives as long as the tests."""
    with serving(tmp_path_factory.mktemp("prefect")) as url:
        yield url


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The small workspace before anything ran; for copying."""
    return create(tmp_path_factory.mktemp("small") / "workspace")


@pytest.fixture
def small(empty: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A small workspace of the test's own, which it stands in."""
    folder = tmp_path / "workspace"
    shutil.copytree(empty.folder, folder)
    monkeypatch.chdir(folder)
    return Workspace(folder)
