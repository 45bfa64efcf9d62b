"""What a killed run leaves torn is mended, and what is whole is left alone."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows import repair
from tests.flows.small import STEP, Workspace, environment

LOCK = """\
schema: '2.0'
stages:
  page:
    cmd: a
    outs:
    - path: b
      hash: md5
      md5: 0cc175b9c0f1b6a831c399e269772661
      size: 1
"""


@pytest.mark.parametrize("content", ["", "{", '{"read": {', "[]", "\0\0"])
def test_a_torn_list_of_locks_is_removed(small: Workspace, content: str) -> None:
    small.write(".dvc/tmp/rwlock", content)
    logged: list[str] = []
    repair.mend(logged.append)
    assert not repair.RWLOCK.exists()
    assert len(logged) == 1


@pytest.mark.parametrize("content", ["", LOCK[:-90], "stages: [", "\0", "a: b", "- a"])
def test_a_torn_lock_becomes_the_last_commits(small: Workspace, content: str) -> None:
    small.write("dvc.lock", LOCK)
    small.commit()
    small.write("dvc.lock", content)
    repair.mend(print)
    assert small.read("dvc.lock") == LOCK


def test_without_a_commit_a_torn_lock_is_removed(small: Workspace) -> None:
    small.write("dvc.lock", "stages: [")
    repair.mend(print)
    assert not Path("dvc.lock").exists()


def test_what_is_whole_is_left_alone(small: Workspace) -> None:
    small.write("dvc.lock", LOCK)
    small.write(".dvc/tmp/rwlock", '{"read": {}, "write": {}}')
    logged: list[str] = []
    repair.mend(logged.append)
    assert (small.read("dvc.lock"), repair.RWLOCK.exists(), logged) == (LOCK, True, [])


KILLS = 20


@pytest.mark.slow
def test_dvc_goes_on_after_kills_at_any_time(small: Workspace, tmp_path: Path) -> None:
    """Seeded; prints how often DVC would have been stuck without `mend`."""
    dice, mended = random.Random(22), list[str]()
    small.write("step.py", f"import time; time.sleep(0.1)\n{STEP}")
    for number in range(KILLS):
        small.write("params.yaml", small.read("params.yaml").replace("plain", f"plain{number}"))
        command = [sys.executable, "-m", "dvc", "repro"]
        dvc = subprocess.Popen(
            command, cwd=small.folder, env=environment(), start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(dice.uniform(0.8, 4.0))
        os.killpg(dvc.pid, signal.SIGKILL)
        dvc.wait()
        repair.mend(mended.append)
    small.run("dvc", "repro")
    outputs = {name: small.read(name) for name in ("both.txt", "model.json", "page.txt")}
    small.run("dvc", "repro", "--force")
    assert outputs == {name: small.read(name) for name in outputs}
    untracked = small.run("git", "ls-files", "--others", "--exclude-standard").stdout.split()
    assert untracked == [".gitignore", "dvc.lock", "model.json"], "kills leave nothing behind"
    print(f"{KILLS} kills, {len(mended)} mended: {mended}")
