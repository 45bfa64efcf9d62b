"""Nothing of a program outlives its caller, and its lines come as they are written."""

import contextvars
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from flows import process
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
    done = process.run([sys.executable, "-u", "-c", code], said.append)
    assert said == ["a", "b", "  c", "d", "e"]
    assert done == process.Outcome(0, said)


def test_a_line_is_told_before_the_next_is_written() -> None:
    told: list[float] = []
    code = "import time; print(1, flush=True); time.sleep(0.5); print(2, flush=True)"
    process.run(python(code), lambda _: told.append(time.monotonic()))
    assert told[1] - told[0] > 0.3


def test_the_code_and_the_last_lines_of_a_failure() -> None:
    done = process.run(
        python("import sys; [print(n) for n in range(99)]; sys.exit(3)"), lambda _: None
    )
    assert (done.code, done.last) == (3, [str(n) for n in range(84, 99)])


def test_a_line_without_an_end_is_told_in_parts() -> None:
    said: list[str] = []
    process.run(python("print('x' * 200_000, end='')"), said.append)
    assert "".join(said) == "x" * 200_000
    assert max(map(len, said)) < 200_000


def test_folder_and_environment(tmp_path: Path) -> None:
    said: list[str] = []
    code = "import os; print(os.getcwd(), os.environ['WORD'])"
    process.run(python(code), said.append, cwd=tmp_path, env={"WORD": "x"})
    assert said == [f"{tmp_path} x"]


@pytest.mark.slow
def test_a_child_left_behind_keeps_nobody_waiting_and_ends() -> None:
    said: list[str] = []
    code = FAMILY.replace("time.sleep(600)\n", "")
    began = time.monotonic()
    assert process.run(python(code), said.append).code == 0
    assert time.monotonic() - began < 10
    assert all(gone(int(number)) for number in said[0].split())


def test_an_exception_of_the_caller_ends_the_whole_family() -> None:
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        raise OwnError

    with pytest.raises(OwnError):
        process.run(python(FAMILY), say)
    assert all(gone(int(number)) for number in said[0].split())


def test_one_that_will_not_end_is_ended_by_force(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sum(seconds for _, seconds in process.PATIENCE) < 10
    quickly = tuple((number, 0.2) for number, _ in process.PATIENCE)
    monkeypatch.setattr(process, "PATIENCE", quickly)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        raise OwnError

    with pytest.raises(OwnError):
        process.run(python(STUBBORN), say)
    assert gone(int(said[0]))


@pytest.mark.slow
def test_the_early_end_of_a_block_ends_what_its_threads_run() -> None:
    said: list[str] = []
    ended: list[BaseException] = []

    def work() -> None:
        try:
            process.run(python(FAMILY), said.append)
        except process.StoppedError as error:
            ended.append(error)

    def end_early() -> None:
        with process.within():
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
        with process.within():
            contexts.append(contextvars.copy_context())
            raise OwnError

    contexts: list[contextvars.Context] = []
    with pytest.raises(OwnError):
        end_early()
    with pytest.raises(process.StoppedError):
        contexts[0].run(process.run, python("pass"), print)


def test_a_parent_that_ignores_interrupts_does_not_make_its_programs_do_so() -> None:
    """As a worker does that a script started with `&`."""
    code = """
from flows import process
with process.within():
    process.run(["python", "-c", "import signal; print(signal.getsignal(signal.SIGINT))"], print)
"""
    done = subprocess.run(
        ["/bin/sh", "-c", "trap '' INT; exec python -c \"$CODE\""],
        env=environment(CODE=code), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "default_int_handler" in done.stdout
