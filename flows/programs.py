"""Programs that go on side by side until somebody ends them, or until one of them ends.

Each has a session of its own, so that Ctrl-C reaches only us and they end in the right order, and
a log of its own.
"""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

PATIENCE = 20.0  # seconds for a program to end when asked
POLL = 0.5  # seconds between two looks
LAST_LINES = 15  # of a failed program's log


class StoppedError(Exception):
    """Ctrl-C, SIGTERM, or the terminal was closed."""


class FailedError(Exception):
    """A program ended that had to go on; says which, and the end of its log."""


class Program:
    """One of them, with all that it has started."""

    def __init__(self, command: Sequence[str], log: Path, env: Mapping[str, str]) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        with log.open("wb") as output:
            self.process = psutil.Popen(
                command, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        self.children: set[psutil.Process] = set()
        self.descendants: set[psutil.Process] = set()

    def look(self) -> None:
        """Remember what it has started: once it has ended, nobody can tell any more."""
        with suppress(psutil.NoSuchProcess):
            self.children.update(self.process.children())
            self.descendants.update(self.process.children(recursive=True))

    def end(self) -> None:
        """Its children first, so that they end in order and it can tell how they ended."""
        self.look()
        _end(self.children)
        _end([self.process])
        self.look()
        _end(self.descendants, ask=False)


class Programs:
    """To be used as a context: however it is left, nothing of them goes on."""

    def __init__(self, logs: Path, env: Mapping[str, str]) -> None:
        self.logs, self.env = logs, env
        self._programs: dict[str, Program] = {}
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
        for program in reversed(self._programs.values()):
            program.end()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def start(self, name: str, command: Sequence[str]) -> Path:
        """Start a program that has to go on, and give the path of its log."""
        program = Program(command, self.logs / f"{name}.log", self.env)
        self._programs[name] = program
        return program.log

    def wait(self, done: Callable[[], bool], seconds: float = float("inf")) -> bool:
        """Wait until `done`; False when it took too long.

        `StoppedError` when somebody wants an end, `FailedError` when a program has come to one.
        """
        until = time.monotonic() + seconds
        while not done():
            if self._stop.is_set():
                raise StoppedError
            for name, program in self._programs.items():
                program.look()
                if (code := program.process.poll()) is not None:
                    raise FailedError(f"{name} ended with exit code {code}; {tail(program.log)}")
            if time.monotonic() > until:
                return False
            self._stop.wait(POLL)
        return True


def tail(log: Path) -> str:
    """A log's name and its last lines."""
    return f"the end of {log}:\n{last_lines(log.read_text(encoding='utf-8', errors='replace'))}"


def last_lines(text: str) -> str:
    """What tells why a program failed, as a rule."""
    return "\n".join(text.rstrip().splitlines()[-LAST_LINES:])


def _end(processes: Collection[psutil.Process], ask: bool = True) -> None:
    """Make them end, and before that `ask` them and wait a while."""
    if ask:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
    _, alive = psutil.wait_procs(processes, PATIENCE if ask else 0)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, PATIENCE)
