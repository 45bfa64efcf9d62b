"""What holds for every test."""

import os

import pytest
from hypothesis import settings

# Time says nothing on a machine that others use too.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist there is no such hook
def pytest_xdist_auto_num_workers() -> int:
    """One more than cores: a quarter of the time is waiting, for servers, schedules, deadlines."""
    return len(os.sched_getaffinity(0)) + 1


# Minutes each; the others of the slow ones take less than one.
LONGEST = ("test_readme", "test_rescrape", "test_browser", "test_incremental", "test_compare")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, then the slow ones: none is left for the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path.stem not in LONGEST, item.path not in slow))
