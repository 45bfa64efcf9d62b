"""What a process has started ends with it, however it ends; what was left is ended by the next."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from flows import families
from tests.flows.small import environment, gone

PARENT = """
import sys
from flows import children
children.run([sys.executable, "-c", sys.argv[1]], lambda line: print(line, flush=True))
"""
# A child in the same session, and a grandchild that left it and whose parent is dead.
MEMBERS = """
import os, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
nothing = {"stdout": -3, "stderr": -3, "start_new_session": True}
leave = f"import subprocess; print(subprocess.Popen({sleep}, **{nothing}).pid)"
child = subprocess.Popen(sleep)
left = subprocess.run([sys.executable, "-c", leave], capture_output=True, text=True).stdout
print(os.getpid(), child.pid, left.strip(), flush=True)
time.sleep(600)
"""
# Starts a server by other means than ours, as Prefect does.
OTHER_MEANS = """
import subprocess, sys, time
from flows import families
families.guard()
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[str]]:
    with start(PARENT, MEMBERS) as process:
        yield process
        process.kill()


def start(*code: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", *code]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True)


def numbers(process: subprocess.Popen[str]) -> list[int]:
    assert process.stdout
    return [int(each) for each in process.stdout.readline().split()]


def soon(true: Callable[[], bool], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.05)
    return true()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_parent_takes_its_whole_family_along(
    parent: subprocess.Popen[str], number: signal.Signals
) -> None:
    family = numbers(parent)
    assert len(family) == 3
    parent.send_signal(number)
    assert soon(lambda: all(map(gone, family)))


def test_what_was_started_by_other_means_ends_as_well() -> None:
    with start(OTHER_MEANS) as process:
        (child,) = numbers(process)
        process.kill()
    assert soon(lambda: gone(child))


def test_the_next_start_ends_what_a_parent_without_a_guard_left(
    parent: subprocess.Popen[str],
) -> None:
    family = numbers(parent)
    (guard,) = [each for each in psutil.process_iter() if is_guard(each, parent.pid)]
    guard.kill()
    parent.kill()
    parent.wait()
    time.sleep(0.3)
    assert not any(map(gone, family))
    subprocess.run(
        [sys.executable, "-c", "from flows import families; families.guard()"],
        env=environment(), check=True,
    )  # fmt: skip
    assert all(map(gone, family))


def is_guard(process: psutil.Process, parent: int) -> bool:
    try:
        return process.ppid() == parent and "families.py" in " ".join(process.cmdline())
    except psutil.Error:
        return False


def test_a_guard_ends_with_what_it_guards() -> None:
    before = {each.pid for each in psutil.process_iter()}
    with start("from flows import families; families.guard(); print(1, flush=True)") as process:
        process.wait()
    assert soon(lambda: not [
        each for each in psutil.process_iter()
        if each.pid not in before and is_guard(each, each.ppid())
    ])  # fmt: skip


def test_a_number_used_again_is_another_process() -> None:
    assert families._lives(families.identity(os.getpid()))
    assert not families._lives(f"{os.getpid()}-1")
    for wrong in ("", "x-1", "999999999-1"):
        assert not families._lives(wrong)


@pytest.mark.parametrize(
    ("mark", "within"), [("/1-2", True), ("/1-2#3", True), ("/1-2/4-5#1", True), ("/1-20", False)]
)
def test_a_family_is_all_below_its_head(mark: str, within: bool) -> None:
    assert families._is_within(mark, "/1-2") == within


def test_processes_of_others_are_no_orphans() -> None:
    assert os.getpid() not in {each.pid for each in families.orphans()}
    with start("print(1, flush=True); import time; time.sleep(600)") as process:
        numbers(process)
        assert process.pid not in {each.pid for each in families.orphans()}
        process.kill()


def test_the_guard_needs_no_package_of_ours() -> None:
    """It must start from any folder, and at once."""
    code = Path(families.__file__).read_text()
    assert "from flows" not in code
    assert "from stages" not in code
