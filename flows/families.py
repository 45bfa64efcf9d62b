"""Families of processes: all that a process has started, however deep, wherever it has gone.

Every program that `flows.children` starts inherits a mark in its environment. It names the
processes that started it, the outermost first, so a family can be found when its parents are dead,
and in whatever session or process group its members are. As a program, this module is the guard
of one process: it waits until that process is gone, and ends the family that is left.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cache
from pathlib import Path

import psutil

MARK = "FACELINE_STARTED_BY"  # /<process>/<process>#<child>, outermost first
PATIENCE = ((signal.SIGINT, 3.0), (signal.SIGTERM, 2.0))  # seconds each, before the kill
KILL = 2.0  # seconds for the kernel to end what was killed
POLL = 0.05  # seconds
GONE = (psutil.NoSuchProcess, psutil.AccessDenied, ProcessLookupError, PermissionError)
AtRest = Callable[[], AbstractContextManager[None]]


def identity(number: int) -> str:
    """A process's number with its start, so that a reused number is another process.

    `psutil.NoSuchProcess` when there is no such process.
    """
    stat = Path(f"/proc/{number}/stat")
    if not Path("/proc/self/stat").exists():
        return f"{number}-{psutil.Process(number).create_time():.2f}"
    try:  # in ticks since the boot, which no change of the clock moves
        return f"{number}-{stat.read_text().rpartition(')')[2].split()[19]}"
    except (FileNotFoundError, ProcessLookupError):
        raise psutil.NoSuchProcess(number) from None


def own_mark() -> str:
    """The mark of the family that this process is the head of."""
    return _own_mark(os.getpid())


@cache
def _own_mark(number: int) -> str:
    return f"{_inherited}/{identity(number)}"


_inherited = os.environ.get(MARK, "")


def members(mark: str) -> list[psutil.Process]:
    """The living processes of a family."""
    return [process for process, other in _marked() if _is_within(other, mark)]


def _is_within(mark: str, outer: str) -> bool:
    return mark == outer or mark.startswith((f"{outer}/", f"{outer}#"))


def orphans() -> list[psutil.Process]:
    """The living processes that were started by one that is dead."""
    return [process for process, mark in _marked() if not all(map(_lives, _parents(mark)))]


def _parents(mark: str) -> list[str]:
    return [each.partition("#")[0] for each in mark.split("/")[1:]]


def _lives(process: str) -> bool:
    number = process.partition("-")[0]
    try:
        return number.isdecimal() and identity(int(number)) == process
    except psutil.NoSuchProcess:
        return False


def _marked() -> Iterator[tuple[psutil.Process, str]]:
    for process in psutil.process_iter():
        with suppress(*GONE):
            if process.status() != psutil.STATUS_ZOMBIE and (mark := process.environ().get(MARK)):
                yield process, mark


def end(living: Callable[[], Collection[psutil.Process]], at_rest: AtRest = nullcontext) -> None:
    """End processes until none is `living`: parents before children, more firmly each time.

    An interrupt goes to a whole process group, as Ctrl-C does, and is sent inside `at_rest`. What
    is left after some seconds, or when this is cut short, is killed.
    """
    try:
        for number, seconds in PATIENCE:
            until, asked = time.monotonic() + seconds, set[psutil.Process]()
            while (processes := living()) and time.monotonic() < until:
                if waiting := [each for each in _heads(processes) if each not in asked]:
                    with at_rest() if number == signal.SIGINT else nullcontext():
                        _ask(waiting, number)
                    asked.update(waiting)
                time.sleep(POLL)
            if not processes:
                return
    finally:
        kill(living)


def kill(living: Callable[[], Collection[psutil.Process]]) -> None:
    """Kill processes until none is `living`, also those that they start meanwhile."""
    until = time.monotonic() + KILL
    while (processes := living()) and time.monotonic() < until:
        for process in processes:
            send(process, signal.SIGKILL)
        time.sleep(POLL)


def _heads(processes: Collection[psutil.Process]) -> list[psutil.Process]:
    """Those whose parent is not among the processes."""
    numbers = {each.pid for each in processes}
    found = []
    for each in processes:
        with suppress(*GONE):
            if each.ppid() not in numbers:
                found.append(each)
    return found


def _ask(processes: Collection[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(*GONE):
            if os.getpgid(process.pid) == process.pid:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)


def send(process: psutil.Process, number: signal.Signals) -> None:
    """Send a signal to a process, if it is still there."""
    with suppress(*GONE):
        process.send_signal(number)


@cache
def guard() -> None:
    """From now on, what this process has started ends with it, even when it is killed.

    Also what it starts by other means, as Prefect does its temporary server, since the mark is in
    its own environment. Ends what earlier ones left.
    """
    end(orphans)
    plain = {name: value for name, value in os.environ.items() if name != MARK}
    command = [sys.executable, "-P", __file__, own_mark()]
    # Its input is closed by the kernel when this process is gone; no other program inherits it.
    guards.append(
        subprocess.Popen(
            command, env=plain, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )
    )  # fmt: skip
    os.environ[MARK] = own_mark()


guards: list[subprocess.Popen[bytes]] = []


def main() -> None:
    mark = sys.argv[1]
    sys.stdin.buffer.read()
    end(lambda: members(mark))


if __name__ == "__main__":
    main()
