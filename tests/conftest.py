"""What holds for every test."""

import os

import pytest
from filelock import FileLock
from hypothesis import settings

from tests import project as projects
from tests.project import Project

# Time says nothing on a machine that others use too.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist there is no such hook
def pytest_xdist_auto_num_workers() -> int:
    """One more than cores: a quarter of the time is waiting, for servers, schedules, deadlines."""
    return len(os.sched_getaffinity(0)) + 1


# Minutes each, the others of the slow ones less; who waits for another's `demo` comes later.
LONGEST = ("test_readme", "test_forget_flow", "test_incremental", "test_browser", "test_compare")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, then the slow ones: none is left for the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    rank = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: (rank.get(item.path.stem, len(rank)), item.path not in slow))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small demo, run once for all tests that go on from there: they copy it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    made = shared / "demo"
    with FileLock(shared / "demo.lock"):
        if not made.exists():
            begun = projects.run_demo(tmp_path_factory.mktemp("demo") / "faceline")
            begun.folder.rename(made)
    return Project(made)
