"""A run of DVC's by stage: how long each took, and the most memory that a process of it had."""

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from threading import Thread

import psutil  # type: ignore[import-untyped]  # ships no types

from benchmarks.memory import highest
from tests.flows.small import environment
from tests.project import Project

POLL = 0.1  # seconds


@dataclass
class Stage:
    """What was seen of a stage: seconds, its outputs' hashing with them, and MB of one process."""

    begin: float
    seconds: float = 0.0
    memory: float = 0.0


def by_stage(project: Project, command: list[str]) -> dict[str, Stage]:
    """Run a command of DVC's, showing what it says; `start` is what comes before all stages."""
    current = Stage(time.perf_counter())
    seen = {"start": current}
    with subprocess.Popen(
        command, cwd=project.folder, env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as child:  # fmt: skip
        Thread(target=_watch, args=(psutil.Process(child.pid), seen), daemon=True).start()
        for line in child.stdout or ():
            print(line, end="", flush=True)
            if found := re.match(r"Running stage '(.+)'", line):
                now = time.perf_counter()
                current.seconds = now - current.begin
                current = seen[found[1]] = Stage(now)
    current.seconds = time.perf_counter() - current.begin
    if child.returncode:
        sys.exit(f"{' '.join(command)} failed")
    return seen


def _watch(whole: psutil.Process, seen: dict[str, Stage]) -> None:
    """Each process's highest so far, given to the stage that runs; DVC's own to `start`."""
    try:
        while whole.is_running():
            seen["start"].memory = max(seen["start"].memory, highest(whole.pid))
            current = list(seen.values())[-1]
            for process in whole.children(recursive=True):
                current.memory = max(current.memory, highest(process.pid))
            time.sleep(POLL)
    except psutil.NoSuchProcess:
        return
