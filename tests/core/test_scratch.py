"""Files appear whole or not at all, and what a killed process left is removed by the next."""

import errno
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stages.core import scratch
from stages.core.scratch import BASE, atomic_folder, atomic_path, temporary_folder
from tests.project import ROOT

CONTENT = "x" * 200_000
# Writes whole files and folders for ever, over and over the same ones.
WRITER = """
import itertools, sys
from pathlib import Path
from stages.core.scratch import atomic_folder, atomic_path, temporary_folder
from stages.core.store import Store, key

print("begun", flush=True)
content = "x" * 200_000
for number in itertools.count():
    with atomic_path(Path(f"data/{number % 7}.json")) as draft, draft.open("w") as file:
        for _ in range(10):
            file.write(content[:20_000])
            file.flush()
    with atomic_folder(Path("data/faces/demo")) as folder:
        for name in "abc":
            (folder / name).write_text(content)
    with temporary_folder() as folder:
        (folder / "spilled").write_text(content)
    Store(Path(".store")).put("picture", key(number % 5), content.encode())
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def outside(project: Path) -> set[str]:
    """Every file but those in the scratch folder."""
    paths = (path for path in project.rglob("*") if path.is_file())
    names = {str(path.relative_to(project)) for path in paths}
    return {name for name in names if not name.startswith(f"{BASE}/")}


def start(program: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_path_is_replaced_at_the_end_only(project: Path) -> None:
    path = project / "deep" / "table"
    for text in ("old", "new"):
        with atomic_path(path) as draft:
            draft.write_text(text)
            assert not path.exists() or path.read_text() == "old"
        assert path.read_text() == text
    assert outside(project) == {"deep/table"}


def test_a_failure_leaves_the_old_file_and_folder(project: Path) -> None:
    with atomic_path(project / "file") as draft:
        draft.write_text("old")
    with atomic_folder(project / "folder") as folder:
        (folder / "a").write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_path(project / "file") as draft:
        draft.write_text(str(1 / 0))
    with pytest.raises(ZeroDivisionError), atomic_folder(project / "folder") as folder:
        (folder / "b").write_text(str(1 / 0))
    assert outside(project) == {"file", "folder/a"}
    assert [path.name for path in Path(BASE).glob("*/*")] == [scratch.LOCK]


def test_a_folder_takes_the_place_of_the_old_one(project: Path) -> None:
    for name in "ab":
        with atomic_folder(project / "folder") as folder:
            (folder / name).write_text("")
    assert outside(project) == {"folder/b"}


def test_a_file_does_not_take_the_place_of_a_folder(project: Path) -> None:
    (project / "mine").mkdir()
    (project / "mine" / "photo.jpg").write_text("dear")
    with pytest.raises(IsADirectoryError), atomic_path(project / "mine") as draft:
        draft.write_text("")
    assert outside(project) == {"mine/photo.jpg"}


def test_a_target_on_another_disk_still_appears_whole(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def refuse_to_leave(path: Path, target: Path) -> Path:
        if str(path).startswith(str(BASE)) and not str(target).startswith(str(BASE)):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse_to_leave)
    with atomic_path(project / "deep" / "table") as draft:
        draft.write_text("new")
    with atomic_folder(project / "deep" / "folder") as folder:
        (folder / "a").write_text("new")
    left = f"deep/{scratch.BESIDE}/{scratch.LOCK}"
    assert outside(project) == {"deep/table", "deep/folder/a", left}


def test_killed_at_any_time_nothing_half_made_is_seen_and_the_next_start_sweeps(
    project: Path,
) -> None:
    dice = random.Random(1)
    for _ in range(6):
        process = start(WRITER)
        assert process.stdout
        process.stdout.readline()
        time.sleep(dice.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for name in outside(project):
            assert (project / name).read_text() == CONTENT, name
            assert name.split("/")[0] in {"data", ".store"}
            assert "/." not in name
    with temporary_folder():
        assert len([path for path in Path(BASE).iterdir() if path.is_dir()]) == 1


def test_what_a_living_process_makes_is_not_swept(project: Path) -> None:
    program = """
from pathlib import Path
from stages.core.scratch import atomic_path
with atomic_path(Path("theirs")) as draft:
    draft.write_text("theirs")
    print(draft, flush=True)
    input()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    draft = Path(process.stdout.readline().strip())
    scratch.sweep()
    assert draft.read_text() == "theirs"
    process.communicate("\n")
    assert (project / "theirs").read_text() == "theirs"
    assert not draft.parent.exists()


def test_leftovers_of_any_name_are_swept_also_of_a_process_with_our_number(project: Path) -> None:
    for name in (f"{os.getpid()}-faces", "abc", ".hidden"):
        (project / BASE / name).mkdir(parents=True)
        (project / BASE / name / "face.jpg").write_text("a face")
    (project / BASE / f"{os.getpid()}.parquet").write_text("faces")
    with atomic_path(project / "file") as draft:
        draft.write_text("")
    assert [path.name for path in Path(BASE).rglob("*") if path.is_file()].count("lock") == 2
    assert not list(Path(BASE).rglob("*face*"))


def test_git_and_dvc_ignore_the_scratch_folders() -> None:
    for names in (".gitignore", ".dvcignore"):
        ignored = (ROOT / names).read_text().split()
        assert f"{scratch.BESIDE}/" in ignored
    assert ".store/" in (ROOT / ".gitignore").read_text().split()
