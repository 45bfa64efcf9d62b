"""The workspace that a run works in: held by one run at a time, its parameters, its commit."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Literal

from dvc.repo import Repo
from filelock import AcquireReturnProxy, FileLock, Timeout

from flows import children, dag, repair
from stages.core import paths
from stages.core.program import InputError
from stages.core.scratch import atomic_path

LOCK = Path(".dvc/tmp/faceline-run.lock")
HOLDER = Path(".dvc/tmp/faceline-run")  # says who holds the lock
WhenBusy = Literal["wait", "refuse"]

_held: ContextVar[bool] = ContextVar("held", default=False)


@contextmanager
def held(
    when_busy: WhenBusy, name: str = "a run", log: Callable[[str], None] = print
) -> Iterator[None]:
    """Hold the workspace for one run; a flow within a flow that holds it holds it already.

    A second run waits, or `InputError` names the holder. The kernel lets go when a holder dies.
    """
    if _held.get():
        yield
        return
    HOLDER.parent.mkdir(parents=True, exist_ok=True)
    with _locked(when_busy, log):
        HOLDER.write_text(f"{name} (process {os.getpid()})", encoding="utf-8")
        repair.mend(log)
        token = _held.set(True)
        try:
            yield
        finally:
            _held.reset(token)


def _locked(when_busy: WhenBusy, log: Callable[[str], None]) -> AcquireReturnProxy[FileLock]:
    lock = FileLock(LOCK)
    try:
        return lock.acquire(blocking=False)
    except Timeout:
        holder = HOLDER.read_text(encoding="utf-8") if HOLDER.exists() else "another run"
        if when_busy == "refuse":
            raise InputError(f"when_busy = 'refuse': {holder} holds the workspace") from None
        log(f"waits for {holder}, which holds the workspace")
    return lock.acquire()


@contextmanager
def all_or_none(*files: Path) -> Iterator[None]:
    """Edit files that exist; when the block ends with an error, they are as they were."""
    before = {path: path.read_bytes() for path in files}
    try:
        yield
    except BaseException:
        for path, content in before.items():
            with atomic_path(path) as draft:
                draft.write_bytes(content)
        raise


def commit(message: str) -> str | None:
    """Commit what a run makes and git keeps; its short revision, or None when nothing changed."""
    files = [path for path in _kept_by_git() if Path(path).exists() and not _is_ignored(path)]
    refuse_faces(map(Path, files))
    _git("add", "--", *files)
    if not _git("status", "--porcelain", "--", *files):
        return None
    _git("commit", "--quiet", "--message", message, "--", *files)
    return revision()


def refuse_faces(files: Iterable[Path]) -> None:
    """`InputError` for the first file that is no plain text: what a run commits holds no picture.

    Pictures, tables and models have null bytes; a page may carry a picture in its text.
    """
    for path in files:
        for file in path.rglob("*") if path.is_dir() else [path]:
            content = file.read_bytes() if file.is_file() else b""
            if b"\0" in content or b"data:image" in content:
                remedy = "let DVC cache it (without `cache: false` in dvc.yaml)"
                raise InputError(f"commit: {file} may hold pictures of people; {remedy}")


def _kept_by_git() -> list[str]:
    """DVC's lock, the parameters, the catalogue, outputs that are not in DVC's cache."""
    with Repo() as repo:
        outs = list(repo.index.outs)
        plain = [os.path.relpath(out.fs_path) for out in outs if not out.use_cache]
        ignoring = {os.path.relpath(Path(out.fs_path).parent / ".gitignore") for out in outs}
    edited = map(str, (paths.LOCK, paths.PARAMS, paths.CATALOGUE, paths.FORGOTTEN))
    return [*edited, *plain, *sorted(ignoring)]


def _is_ignored(path: str) -> bool:
    """Whether git ignores a file that it does not hold: DVC's own .gitignore files below data/."""
    return not _run_git("check-ignore", "--quiet", "--", path).returncode


def push(log: Callable[[str], None]) -> None:
    """`dvc push`; `InputError` with DVC's last line when there is no remote or it refuses."""
    done = children.run([sys.executable, "-m", "dvc", "push"], log)
    if done.code:
        raise InputError(f"push: {done.last[-1] if done.last else 'dvc push failed'}")


def revision() -> str:
    """The short git revision; empty outside git, and before the first commit."""
    found = _run_git("rev-parse", "--short", "HEAD")
    return found.stdout.strip() if not found.returncode else ""


def lineage() -> dict[str, str]:
    """What the outputs follow from, each by a version to compare."""
    changes = _run_git("status", "--porcelain").stdout
    return {
        "git revision": revision() or "none",
        "working tree": "dirty" if changes else "clean",
        "dvc.lock": _digest(paths.LOCK),
        "params.yaml": _digest(paths.PARAMS),
        "dataset": dag.dataset_version() or "none",
    }


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.exists() else "none"


def _git(*arguments: str) -> str:
    done = _run_git(*arguments)
    if done.returncode:
        raise InputError(f"git {arguments[0]}: {' '.join((done.stderr or done.stdout).split())}")
    return done.stdout


def _run_git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
