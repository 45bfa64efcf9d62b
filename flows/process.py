"""Run a program so that nothing of it outlives its caller: its lines as they come, one group.

`within` marks the block (a flow's body) whose early end, by whatever exception or signal, ends
every program that `run` has started in it, in any thread.
"""

import os
import select
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

LAST_LINES = 15  # of a failing program, for those who read only the state
PATIENCE = ((signal.SIGINT, 3.0), (signal.SIGTERM, 2.0), (signal.SIGKILL, 1.0))  # seconds each
POLL = 0.2  # seconds
LINE_BYTES = 1 << 16  # of a line; the rest of a longer one is told as another

_stop: ContextVar[threading.Event | None] = ContextVar("stop", default=None)


class StoppedError(Exception):
    """The flow was cancelled while the program ran, or before it began."""


@dataclass(frozen=True)
class Outcome:
    """How a program ended, and the last lines that it wrote."""

    code: int
    last: list[str]


@contextmanager
def within() -> Iterator[None]:
    """When the block ends early, what `run` started in it ends, and `run` raises `StoppedError`.

    Prefect's task threads inherit the block's context, so they are in it as well.
    """
    stop = threading.Event()
    token = _stop.set(stop)
    _mind_signals()
    try:
        yield
    except BaseException:
        stop.set()
        raise
    finally:
        _stop.reset(token)


def _check() -> None:
    stop = _stop.get()
    if stop and stop.is_set():
        raise StoppedError


def run(
    command: Sequence[str],
    say: Callable[[str], None],
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    at_rest: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Outcome:
    """Run a program in a process group of its own, each line to `say` as it is written.

    A carriage return ends a line as well. Whatever ends the caller ends the whole group within
    ten seconds: an interrupt first, so that DVC gives back its locks, then by force. The interrupt
    is sent inside `at_rest`, in which the program must be where that does no harm.
    """
    _check()
    last: deque[str] = deque(maxlen=LAST_LINES)
    with subprocess.Popen(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    ) as program:  # fmt: skip
        try:
            for line in _lines(program):
                last.append(line)
                say(line)
            while program.returncode is None:  # it may have closed its output and go on
                _check()
                with suppress(subprocess.TimeoutExpired):
                    program.wait(POLL)
        finally:
            _end(program, at_rest)
    return Outcome(program.returncode, list(last))


def _lines(program: subprocess.Popen[bytes]) -> Iterator[str]:
    """Lines until the program has ended; `StoppedError` as soon as its block has."""
    assert program.stdout
    pipe, rest = program.stdout.fileno(), b""
    while True:
        _check()
        if not select.select([pipe], [], [], POLL)[0]:
            if program.poll() is not None:
                break  # a child that it left behind may hold the pipe open for ever
            continue
        read = os.read(pipe, 1 << 16)
        if not read:
            break
        *whole, rest = (rest + read).replace(b"\r", b"\n").split(b"\n")
        if len(rest) > LINE_BYTES:
            whole, rest = [*whole, rest], b""
        yield from _told(whole)
    yield from _told([rest])


def _told(lines: Sequence[bytes]) -> Iterator[str]:
    for line in lines:
        if text := line.decode(errors="replace").rstrip():
            yield text


def _end(
    program: subprocess.Popen[bytes], at_rest: Callable[[], AbstractContextManager[None]]
) -> None:
    """End what is left of the group, more firmly each time, and by force when this is cut short."""
    try:
        for number, seconds in PATIENCE:
            if not _alive(program):
                return
            with at_rest() if number == signal.SIGINT else nullcontext():
                _send(program, number)
            until = time.monotonic() + seconds
            while _alive(program) and time.monotonic() < until:
                time.sleep(0.05)
    finally:
        _send(program, signal.SIGKILL)


def _alive(program: subprocess.Popen[bytes]) -> bool:
    program.poll()  # a zombie would count as a member
    return _send(program, 0)


def _send(program: subprocess.Popen[bytes], number: int) -> bool:
    """Send a signal to the group; whether there was anybody to get it."""
    try:
        os.killpg(program.pid, number)
    except ProcessLookupError:
        return False
    return True


def _mind_signals() -> None:
    """What else could leave programs running; signals are the main thread's to set."""
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # the terminal was closed
        signal.signal(signal.SIGHUP, signal.default_int_handler)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a script started the worker with `&`
        signal.signal(signal.SIGINT, lambda *_: None)  # programs inherit ignoring, but no handler
