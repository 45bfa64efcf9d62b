"""Commits travel between machines; nobody's are lost, and a conflict stops nobody else."""

import subprocess
from pathlib import Path

import pytest

from flows import sharing
from stages.core.program import InputError
from tests.flows.small import Workspace, environment


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=environment(),
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def commit(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", f"{name}: {text}")


@pytest.fixture
def other(small: Workspace, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another machine's clone; ours is the folder that the test stands in."""
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    (folder,) = small.folder.parents[:1]
    git(folder, "clone", "--quiet", "--bare", str(small.folder), "origin.git")
    git(small.folder, "remote", "add", "origin", "../origin.git")
    git(small.folder, "fetch", "--quiet")
    git(small.folder, "branch", "--quiet", "--set-upstream-to=origin/main")
    git(folder, "clone", "--quiet", "origin.git", "other")
    return folder / "other"


def quietly(_: str) -> None: ...


def test_the_branch_follows_its_remote(small: Workspace, other: Path) -> None:
    commit(other, "new.txt", "theirs")
    git(other, "push", "--quiet")
    sharing.pull_commits(quietly)
    assert small.read("new.txt") == "theirs"


def test_a_revision_is_checked_out(small: Workspace, other: Path) -> None:
    before = git(other, "rev-parse", "HEAD")
    commit(other, "new.txt", "theirs")
    git(other, "push", "--quiet")
    sharing.pull_commits(quietly, before)
    assert not (small.folder / "new.txt").exists()
    with pytest.raises(InputError, match="a commit is checked out, no branch"):
        sharing.refuse_detached()
    sharing.pull_commits(quietly, "main")
    assert small.read("new.txt") == "theirs"
    sharing.refuse_detached()


def test_own_changes_are_named_and_kept(small: Workspace, other: Path) -> None:
    small.write("params.yaml", "word: mine\n")
    with pytest.raises(InputError, match=r"changes of its own: params\.yaml; commit them"):
        sharing.pull_commits(quietly)
    assert small.read("params.yaml") == "word: mine\n"


def test_without_remotes_nothing_is_shared(small: Workspace) -> None:
    said: list[str] = []
    sharing.pull_commits(said.append)
    sharing.pull_data(said.append, ["both.txt"], [])
    sharing.push_data(said.append, ["both.txt"])
    sharing.push_commits(said.append, "a run")
    assert [line.split(" has no remote")[0] for line in said] == ["git", "DVC", "DVC", "git"]


def test_commits_go_on_top_of_those_that_others_pushed(small: Workspace, other: Path) -> None:
    commit(other, "theirs.txt", "theirs")
    git(other, "push", "--quiet")
    commit(small.folder, "ours.txt", "ours")
    sharing.push_commits(quietly, "a run")
    assert git(other.parent / "origin.git", "log", "--format=%s", "-2").splitlines() == [
        "ours.txt: ours",
        "theirs.txt: theirs",
    ]


def test_a_conflict_is_told_and_stops_nobody(small: Workspace, other: Path) -> None:
    commit(other, "dvc.lock", "theirs")
    git(other, "push", "--quiet")
    commit(small.folder, "dvc.lock", "ours")
    with pytest.raises(InputError, match=r"dvc\.lock changed on main .* branch run-a-run: merge"):
        sharing.push_commits(quietly, "a run!")
    origin = other.parent / "origin.git"
    assert git(origin, "show", "run-a-run:dvc.lock") == "ours"
    assert git(origin, "show", "main:dvc.lock") == "theirs"
    assert small.read("dvc.lock") == "theirs"
    sharing.pull_commits(quietly)


@pytest.mark.slow
def test_a_remote_that_is_gone_is_told(small: Workspace, other: Path) -> None:
    (other.parent / "origin.git").rename(other.parent / "gone.git")
    commit(small.folder, "ours.txt", "ours")
    with pytest.raises(InputError, match="origin refused main, and so did `git pull --rebase`"):
        sharing.push_commits(quietly, "a run")
    assert git(small.folder, "log", "--format=%s", "-1") == "ours.txt: ours"


def test_what_a_failed_run_left_is_put_aside_by_its_name(small: Workspace, other: Path) -> None:
    small.write("params.yaml", "word: tried\n")
    small.write("new.txt", "half")
    sharing.put_aside(quietly, "brave-otter")
    assert git(small.folder, "status", "--porcelain") == ""
    assert "run brave-otter" in git(small.folder, "stash", "list")
