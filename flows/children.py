"""Child processes: started, watched, and ended with all that they have started themselves.

`run` waits for one program and passes on its lines as they come. `Children` are programs that go
on side by side, such as a server and its workers. Whatever ends the parent ends the children:
`within` marks the block (a flow's body) whose early end, by an exception or a signal, ends what
`run` has started in it, in any thread; and `flows.families` sees to a parent that was killed.
"""

import itertools
import os
import select
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import psutil

from flows import families
from flows.families import MARK, AtRest

LAST_LINES = 15  # of a program that failed, for those who read only the state
POLL = 0.2  # seconds between two looks
LINE_BYTES = 1 << 16  # the rest of a longer line is passed on as another
SERVICE_PATIENCE = 20.0  # seconds for a server or a worker to end when asked

_stop: ContextVar[threading.Event | None] = ContextVar("stop", default=None)
_numbers = itertools.count(1)


class StoppedError(Exception):
    """The run was cancelled, or somebody pressed Ctrl-C or sent SIGTERM."""


class FailedError(Exception):
    """A program ended that had to go on. The message says which, and the end of its log."""


@dataclass(frozen=True)
class Outcome:
    """How a program ended, and the last lines that it wrote."""

    code: int
    last: list[str]


class Child:
    """A program in a session of its own, so that Ctrl-C reaches only us, with its family."""

    def __init__(
        self, command: Sequence[str], output: IO[bytes] | int, cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        families.guard()
        self._mark = f"{families.own_mark()}#{next(_numbers)}"
        self.process = psutil.Popen(
            command, cwd=cwd, env={**(os.environ if env is None else env), MARK: self._mark},
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    def family(self) -> list[psutil.Process]:
        """The program, while it runs, and all that it has started."""
        self.process.poll()  # else it would stay a zombie
        return families.members(self._mark)

    def end(self, at_rest: AtRest = nullcontext) -> None:
        """End the whole family within ten seconds: interrupt it, then by force."""
        families.end(self.family, at_rest)
        self.process.wait()

    def end_service(self) -> None:
        """Ask its children first, so that they end in order and it can report how they ended."""
        with suppress(psutil.NoSuchProcess):
            _terminate(self.process.children())
        _terminate([self.process])
        families.kill(self.family)
        self.process.wait()


def _terminate(processes: Collection[psutil.Process]) -> None:
    for process in processes:
        families.send(process, signal.SIGTERM)
    psutil.wait_procs(processes, SERVICE_PATIENCE)


@contextmanager
def within() -> Iterator[None]:
    """When the block ends early, what `run` started in it ends, and `run` raises `StoppedError`.

    Prefect's task threads inherit the block's context, so they are in it as well.
    """
    stop = threading.Event()
    token = _stop.set(stop)
    _handle_signals()
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


def _handle_signals() -> None:
    """Signals that could leave programs running; only the main thread may set handlers."""
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # the terminal was closed
        signal.signal(signal.SIGHUP, signal.default_int_handler)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a script started the worker with `&`
        signal.signal(signal.SIGINT, lambda *_: None)  # programs inherit ignoring, but no handler


def run(
    command: Sequence[str],
    log: Callable[[str], None],
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    at_rest: AtRest = nullcontext,
) -> Outcome:
    """Run a program to its end; each line goes to `log` as it is written.

    A carriage return ends a line as well. Whatever ends the caller ends the program and all that
    it has started within ten seconds: by an interrupt first, so that DVC gives back its locks,
    which is sent inside `at_rest`, where it does no harm; then by force.
    """
    _check()
    last: deque[str] = deque(maxlen=LAST_LINES)
    child = Child(command, subprocess.PIPE, cwd, env)
    with child.process.stdout:
        try:
            for line in _lines(child.process):
                last.append(line)
                log(line)
            while child.process.poll() is None:  # it may have closed its output and go on
                _check()
                with suppress(psutil.TimeoutExpired, subprocess.TimeoutExpired):
                    child.process.wait(POLL)
        finally:
            child.end(at_rest)
    return Outcome(child.process.returncode, list(last))


def _lines(program: Any) -> Iterator[str]:
    """Lines until the program has ended; `StoppedError` as soon as its block has."""
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
        yield from _texts(whole)
    yield from _texts([rest])


def _texts(lines: Sequence[bytes]) -> Iterator[str]:
    for line in lines:
        if text := line.decode(errors="replace").rstrip():
            yield text


class Children:
    """Programs side by side, each with a log. To be used as a context: none outlives it."""

    def __init__(self, logs: Path, env: Mapping[str, str]) -> None:
        self.logs, self.env = logs, env
        self._children: dict[str, Child] = {}
        self._stop = threading.Event()
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # With a handler here, programs do not ignore SIGINT even where a script's `&` made us.
            self._handlers[number] = signal.signal(number, lambda *_: self._stop.set())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for child in reversed(self._children.values()):
            child.end_service()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def log(self, name: str) -> Path:
        """The file that a program's output goes to."""
        return self.logs / f"{name}.log"

    def start(self, name: str, command: Sequence[str]) -> Path:
        """Start a program that has to go on, and return the path of its log."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with self.log(name).open("wb") as output:
            self._children[name] = Child(command, output, env=self.env)
        return self.log(name)

    def wait(self, done: Callable[[], bool], seconds: float = float("inf")) -> bool:
        """Wait until `done`; False when it took longer than `seconds`.

        `StoppedError` on a signal to end, `FailedError` when a program has ended by itself.
        """
        until = time.monotonic() + seconds
        while not done():
            if self._stop.is_set():
                raise StoppedError
            for name, child in self._children.items():
                if (code := child.process.poll()) is not None:
                    ending = tail(self.log(name))
                    raise FailedError(f"{name} ended with exit code {code}; {ending}")
            if time.monotonic() > until:
                return False
            self._stop.wait(POLL)
        return True


def tail(log: Path) -> str:
    """A log's name and its last lines, which as a rule say why a program failed."""
    lines = log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
    return f"the end of {log}:\n" + "\n".join(lines[-LAST_LINES:])
