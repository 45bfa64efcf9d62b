"""Programs side by side: they end in order and whole, and one that fails is named."""

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from flows import programs
from flows.programs import FailedError, Programs, StoppedError

SLEEP = "import time; time.sleep(600)"
PARENT = """
import signal, subprocess, sys, time
child = subprocess.Popen(
    [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
def tell(*_):
    print("child", child.poll(), flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, tell)
print(child.pid, flush=True)
while True:
    time.sleep(0.02)
    child.poll()
"""
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), flush=True)
time.sleep(600)
"""


@pytest.fixture
def started(tmp_path: Path) -> Programs:
    return Programs(tmp_path / "logs", os.environ)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def first_line(group: Programs, log: Path) -> int:
    assert group.wait(lambda: "\n" in log.read_text(), 60)
    return int(log.read_text().split()[0])


def test_what_a_program_started_ends_before_it(started: Programs) -> None:
    with started as group:
        log = group.start("parent", python(PARENT))
        child = first_line(group, log)
    assert log.read_text().splitlines()[1] == f"child {-signal.SIGTERM}"
    assert not psutil.pid_exists(child)


@pytest.mark.slow
def test_the_last_started_ends_first(started: Programs, tmp_path: Path) -> None:
    code = f"""
import signal, sys, time
from pathlib import Path
def end(*_):
    with open({str(tmp_path / "order")!r}, "a") as file:
        file.write(sys.argv[1])
    sys.exit()
signal.signal(signal.SIGTERM, end)
print(1, flush=True)
time.sleep(600)
"""
    with started as group:
        for name in "ab":
            first_line(group, group.start(name, [*python(code), name]))
    assert (tmp_path / "order").read_text() == "ba"


@pytest.mark.slow
def test_one_that_does_not_listen_is_made_to_end(
    started: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "PATIENCE", 0.5)
    with started as group:
        log = group.start("stubborn", python(STUBBORN))
        process = psutil.Process(first_line(group, log))
    assert not process.is_running()


def test_a_program_that_ends_is_named_with_its_last_lines(started: Programs) -> None:
    code = "print('too early'); print('out of luck'); raise SystemExit(3)"
    with started as group:
        group.start("sleeper", python(SLEEP))
        group.start("worker", python(code))
        with pytest.raises(FailedError) as told:
            group.wait(lambda: False)
    words = str(told.value)
    assert words.startswith("worker ended with exit code 3; the end of ")
    assert words.endswith("worker.log:\ntoo early\nout of luck")


@pytest.mark.slow
def test_what_a_killed_program_left_behind_ends(started: Programs) -> None:
    with started as group:
        child = first_line(group, group.start("parent", python(PARENT)))
        group.wait(lambda: False, 0.1)
        psutil.Process(child).parent().kill()
        with pytest.raises(FailedError, match="parent ended with exit code -9"):
            group.wait(lambda: False)
    assert not psutil.pid_exists(child)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_the_wait_and_are_given_back(started: Programs, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with started as group:
        os.kill(os.getpid(), number)
        with pytest.raises(StoppedError):
            group.wait(lambda: False)
    assert signal.getsignal(number) is before


def test_programs_are_interrupted_even_where_we_ignore_it(started: Programs) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with started as group:
            code = "import signal; print(int(signal.getsignal(2) is signal.SIG_IGN), flush=True);"
            assert first_line(group, group.start("asks", python(code + SLEEP))) == 0
    finally:
        signal.signal(signal.SIGINT, before)


def test_waiting_has_a_limit(started: Programs) -> None:
    with started as group:
        assert not group.wait(lambda: False, 0.1)
