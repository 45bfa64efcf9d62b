"""What machines share: a git branch and DVC's remote. Where there is neither, nothing is shared.

Git carries the code, the parameters and dvc.lock; DVC's remote carries the data that they name.
"""

import re
import sys
from collections.abc import Callable, Sequence

from dvc.config import Config

from flows import children
from stages.core.program import InputError

Log = Callable[[str], None]
TRIES = 5  # pushes, when others push at the same time


def pull_commits(log: Log, revision: str | None = None) -> None:
    """Bring the branch up to its remote's, or check out a revision; needs a clean workspace."""
    remote = _git_remote()
    if remote:
        _refuse_changes()
        _git(log, "fetch", "--quiet", "--tags", remote)
    else:
        log("git has no remote: runs what is here")
    if revision:
        _git(log, "checkout", "--quiet", revision)
    if remote and (branch := _branch()):
        _git(log, "pull", "--quiet", "--ff-only", remote, branch)


def _refuse_changes() -> None:
    if changed := _ask("status", "--porcelain", "--", "."):
        files = ", ".join(line[3:] for line in changed[:5])
        raise InputError(
            f"pull: the workspace has changes of its own: {files}; commit them, or put them "
            "aside with `git stash --include-untracked`"
        )


def pull_data(log: Log, needed: Sequence[str], known: Sequence[str]) -> None:
    """Fetch what is needed from DVC's remote, and as much as it has of what is only of use."""
    if _dvc_remote():
        _dvc(log, "pull", *needed)
        _dvc(log, "pull", "--allow-missing", *known)
    else:
        log("DVC has no remote: takes the data that are here")


def push_data(log: Log, outputs: Sequence[str]) -> None:
    """Send outputs (stages or paths) to DVC's remote."""
    if _dvc_remote():
        _dvc(log, "push", *outputs)
    else:
        log("DVC has no remote: pushes no data")


def refuse_detached() -> None:
    """`InputError` where a commit could not be pushed, since no branch is checked out."""
    if _git_remote() and not _branch():
        raise InputError("push: a commit is checked out, no branch; give a branch, or do not push")


def push_commits(log: Log, name: str) -> None:
    """Push the branch, on top of what others have pushed meanwhile.

    Where both changed the same lines, the commits go to a branch `run-<name>` instead, this one
    becomes the remote's again, so that the next run can start, and `InputError` says so.
    """
    remote, branch = _git_remote(), _branch()
    if not remote:
        log("git has no remote: pushes no commit")
        return
    for _ in range(TRIES):
        if not children.run(["git", "push", "--quiet", remote, branch], log).code:
            return
        if children.run(["git", "pull", "--quiet", "--rebase", remote, branch], log).code:
            _give_way(log, remote, branch, name)
    raise InputError(f"push: {remote} refused {branch} {TRIES} times; the log says why")


def _give_way(log: Log, remote: str, branch: str, name: str) -> None:
    both = _ask("diff", "--name-only", "--diff-filter=U")
    if not both:  # no conflict: the remote is out of reach, or the workspace is not clean
        raise InputError(f"push: {remote} refused {branch}, and so did `git pull --rebase`")
    own = f"run-{slug(name)}"
    _git(log, "rebase", "--abort")
    _git(log, "push", "--quiet", remote, f"HEAD:refs/heads/{own}")
    _git(log, "reset", "--quiet", "--keep", f"{remote}/{branch}")
    raise InputError(
        f"push: {', '.join(both)} changed on {branch} at the same time; the commit of this run "
        f"is on the branch {own}: merge it by hand, or run again"
    )


def slug(name: str) -> str:
    """A run's name as git allows it in the name of a branch or an experiment."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def put_aside(log: Log, name: str) -> None:
    """Leave the workspace clean after a run that failed; `git stash list` names the run."""
    if _git_remote():
        _git(
            log,
            "stash",
            "push",
            "--quiet",
            "--include-untracked",
            "--message",
            f"run {name}",
            "--",
            ".",
        )


def _git_remote() -> str:
    """The remote that the branch follows, else any; empty where there is none."""
    follows = _ask("config", f"branch.{_branch()}.remote")
    return next(iter(follows or _ask("remote")), "")


def _branch() -> str:
    """The branch that is checked out; empty where none is."""
    return next(iter(_ask("symbolic-ref", "--quiet", "--short", "HEAD")), "")


def _dvc_remote() -> bool:
    return bool(Config.from_cwd()["core"].get("remote"))


def _ask(*question: str) -> list[str]:
    """What git answers, its last lines; nothing when it refuses."""
    done = children.run(["git", *question], lambda _: None)
    return [] if done.code else done.last


def _git(log: Log, *arguments: str) -> None:
    _succeed(log, ["git", *arguments], "git")


def _dvc(log: Log, *arguments: str) -> None:
    _succeed(log, [sys.executable, "-m", "dvc", "--wait-for-lock", *arguments], "dvc")


def _succeed(log: Log, command: Sequence[str], name: str) -> None:
    done = children.run(command, log)
    if done.code:
        raise InputError(f"{name}: {' '.join(done.last)}")
