"""A workspace whose DAG takes no time: `left@a` and `left@b`, `both` of them, a `model`, a `page`.

Each stage runs the file `step.py`, which a test may replace.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.project import ROOT

PROGRAMS = Path(sys.executable).parent
NAMES = ["left@a", "left@b", "both", "model", "page"]
DAG = """
stages:
  left:
    foreach: ${left}
    do:
      meta: {retries: 1}
      cmd: python step.py left-${key} ${item} left-${key}.txt
      deps: ["${item}"]
      params: [word]
      outs: ["left-${key}.txt"]
  both:
    meta: {dataset: true}
    cmd: python step.py both left-a.txt left-b.txt both.txt
    deps: [left-a.txt, left-b.txt]
    outs: [both.txt]
  model:
    meta: {pool: gpu}
    cmd: python step.py model both.txt model.json
    deps: [both.txt]
    metrics: [{model.json: {cache: false}}]
  page:
    cmd: python step.py page model.json page.txt
    deps: [model.json]
    outs: [page.txt]
"""
PARAMS = """\
word: plain  # what the first stages write
left:
  a: data/celebrities.csv
  b: other.txt
"""
STEP = """
import json, sys
from pathlib import Path

name, *inputs, output = sys.argv[1:]
words = Path("params.yaml").read_text().split()[1] + "".join(Path(i).read_text() for i in inputs)
print(f"{name}: 1 of 1 files, 2.0 a second, 00:00 left", flush=True)
Path(output).write_text(json.dumps({"letters": len(words)}) if name == "model" else words)
"""


@dataclass(frozen=True)
class Workspace:
    """The folder, its files, and programs that run in it."""

    folder: Path

    @property
    def pool(self) -> str:
        """A name that no other test's work pool has."""
        return self.folder.parent.name

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def run(
        self, *command: str, check: bool = True, **env: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command, cwd=self.folder, env=environment(**env), text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert not (check and done.returncode), done.stdout
        return done

    def commit(self) -> None:
        self.run("git", "add", ".")
        self.run("git", "commit", "--quiet", "--message", "a state")


def environment(**more: str) -> dict[str, str]:
    """Ours, with this Python's programs and the project's modules; nobody's Prefect."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    who = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
    git = dict.fromkeys(who, "a@b")
    paths = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    quiet = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DVC_NO_ANALYTICS": "1"}
    return ours | git | paths | quiet | more


def create(folder: Path) -> Workspace:
    """A workspace in a git repository; nothing has been run."""
    made = Workspace(folder)
    files = {"dvc.yaml": DAG, "params.yaml": PARAMS, "step.py": STEP}
    for name, text in files.items() | {("data/celebrities.csv", "a\n"), ("other.txt", "b\n")}:
        made.write(name, text)
    made.run("git", "init", "--quiet", "--initial-branch=main")
    made.run("dvc", "init", "--quiet")
    made.run("dvc", "config", "core.analytics", "false")
    made.commit()
    return made


@contextmanager
def started(
    command: list[str], log: Path, env: dict[str, str], folder: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """One of this Python's programs, which runs as long as the block does."""
    program = [str(PROGRAMS / command[0]), *command[1:]]
    with log.open("wb") as file:
        child = subprocess.Popen(program, cwd=folder, env=env, stdout=file, stderr=file)
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.wait(60)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """A Prefect server on a free port, its database in `home`; gives its API's address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    env = environment(
        PREFECT_HOME=str(home), PREFECT_API_URL=url, PREFECT_SERVER_UI_API_URL=url,
        PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS="5",
    )  # fmt: skip
    with started(["prefect", "server", "start", "--port", str(port)], home / "server.log", env):
        waiting = [str(PROGRAMS / "prefect"), "server", "status", "--wait", "--timeout", "300"]
        subprocess.run(waiting, env=env, check=True, capture_output=True)
        yield url


def gone(number: int) -> bool:
    """Whether a process has ended; one that only waits to be collected by its parent has."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"
