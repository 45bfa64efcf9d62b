"""No program outlives its parent, its lines come as they are written, and a failure is named."""

import contextvars
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from flows import children, families
from flows.children import Children, FailedError, StoppedError
from tests.flows.small import environment, gone

FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(os.getpid(), child.pid, flush=True)
time.sleep(600)
"""
STUBBORN = """
import os, signal, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
print(os.getpid(), flush=True)
time.sleep(600)
"""


class OwnError(Exception):
    """Ends the caller."""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_lines_come_one_by_one_and_the_last_are_kept() -> None:
    said: list[str] = []
    code = "import sys; print('a\\rb\\n\\n  c'); print('d', file=sys.stderr); print('e', end='')"
    done = children.run([sys.executable, "-u", "-c", code], said.append)
    assert said == ["a", "b", "  c", "d", "e"]
    assert done == children.Outcome(0, said)


def test_a_line_is_told_before_the_next_is_written() -> None:
    told: list[float] = []
    code = "import time; print(1, flush=True); time.sleep(0.5); print(2, flush=True)"
    children.run(python(code), lambda _: told.append(time.monotonic()))
    assert told[1] - told[0] > 0.3


def test_the_code_and_the_last_lines_of_a_failure() -> None:
    done = children.run(
        python("import sys; [print(n) for n in range(99)]; sys.exit(3)"), lambda _: None
    )
    assert (done.code, done.last) == (3, [str(n) for n in range(84, 99)])


def test_a_line_without_an_end_is_told_in_parts() -> None:
    said: list[str] = []
    children.run(python("print('x' * 200_000, end='')"), said.append)
    assert "".join(said) == "x" * 200_000
    assert max(map(len, said)) < 200_000


def test_folder_and_environment(tmp_path: Path) -> None:
    said: list[str] = []
    code = "import os; print(os.getcwd(), os.environ['WORD'])"
    children.run(python(code), said.append, cwd=tmp_path, env={"WORD": "x"})
    assert said == [f"{tmp_path} x"]


@pytest.mark.slow
def test_a_child_left_behind_keeps_nobody_waiting_and_ends() -> None:
    said: list[str] = []
    code = FAMILY.replace("time.sleep(600)\n", "")
    began = time.monotonic()
    assert children.run(python(code), said.append).code == 0
    assert time.monotonic() - began < 10
    assert all(gone(int(number)) for number in said[0].split())


def test_an_exception_of_the_caller_ends_the_whole_family() -> None:
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        raise OwnError

    with pytest.raises(OwnError):
        children.run(python(FAMILY), say)
    assert all(gone(int(number)) for number in said[0].split())


def test_one_that_will_not_end_is_ended_by_force(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sum(seconds for _, seconds in families.PATIENCE) < 10
    quickly = tuple((number, 0.2) for number, _ in families.PATIENCE)
    monkeypatch.setattr(families, "PATIENCE", quickly)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        raise OwnError

    with pytest.raises(OwnError):
        children.run(python(STUBBORN), say)
    assert gone(int(said[0]))


@pytest.mark.slow
def test_the_early_end_of_a_block_ends_what_its_threads_run() -> None:
    said: list[str] = []
    ended: list[BaseException] = []

    def work() -> None:
        try:
            children.run(python(FAMILY), said.append)
        except children.StoppedError as error:
            ended.append(error)

    def end_early() -> None:
        with children.within():
            context = contextvars.copy_context()  # as Prefect's task threads have it
            threads.append(threading.Thread(target=context.run, args=(work,)))
            threads[0].start()
            while not said:
                time.sleep(0.01)
            raise OwnError

    threads: list[threading.Thread] = []
    with pytest.raises(OwnError):
        end_early()
    threads[0].join(10)
    assert len(ended) == 1
    assert all(gone(int(number)) for number in said[0].split())


def test_nothing_starts_in_a_block_that_has_ended() -> None:
    def end_early() -> None:
        with children.within():
            contexts.append(contextvars.copy_context())
            raise OwnError

    contexts: list[contextvars.Context] = []
    with pytest.raises(OwnError):
        end_early()
    with pytest.raises(children.StoppedError):
        contexts[0].run(children.run, python("pass"), print)


def test_a_parent_that_ignores_interrupts_does_not_make_its_programs_do_so() -> None:
    """As a worker does that a script started with `&`."""
    code = """
from flows import children, families
from flows.children import Children, FailedError, StoppedError
with children.within():
    children.run(["python", "-c", "import signal; print(signal.getsignal(signal.SIGINT))"], print)
"""
    done = subprocess.run(
        ["/bin/sh", "-c", "trap '' INT; exec python -c \"$CODE\""],
        env=environment(CODE=code), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "default_int_handler" in done.stdout


# Programs side by side.

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


@pytest.fixture
def started(tmp_path: Path) -> Children:
    return Children(tmp_path / "logs", os.environ)


def first_line(group: Children, log: Path) -> int:
    assert group.wait(lambda: "\n" in log.read_text(), 60)
    return int(log.read_text().split()[0])


def test_what_a_program_started_ends_before_it(started: Children) -> None:
    with started as group:
        log = group.start("parent", python(PARENT))
        child = first_line(group, log)
    assert log.read_text().splitlines()[1] == f"child {-signal.SIGTERM}"
    assert gone(child)


@pytest.mark.slow
def test_the_last_started_ends_first(started: Children, tmp_path: Path) -> None:
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
    started: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "SERVICE_PATIENCE", 0.5)
    with started as group:
        log = group.start("stubborn", python(STUBBORN))
        process = psutil.Process(first_line(group, log))
    assert not process.is_running()


def test_a_program_that_ends_is_named_with_its_last_lines(started: Children) -> None:
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
def test_what_a_killed_program_left_behind_ends(started: Children) -> None:
    with started as group:
        child = first_line(group, group.start("parent", python(PARENT)))
        group.wait(lambda: False, 0.1)
        psutil.Process(child).parent().kill()
        with pytest.raises(FailedError, match="parent ended with exit code -9"):
            group.wait(lambda: False)
    assert gone(child)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_the_wait_and_are_given_back(started: Children, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with started as group:
        os.kill(os.getpid(), number)
        with pytest.raises(StoppedError):
            group.wait(lambda: False)
    assert signal.getsignal(number) is before


def test_programs_are_interrupted_even_where_we_ignore_it(started: Children) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with started as group:
            code = "import signal; print(int(signal.getsignal(2) is signal.SIG_IGN), flush=True);"
            assert first_line(group, group.start("asks", python(code + SLEEP))) == 0
    finally:
        signal.signal(signal.SIGINT, before)


def test_waiting_has_a_limit(started: Children) -> None:
    with started as group:
        assert not group.wait(lambda: False, 0.1)
