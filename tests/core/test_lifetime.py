"""Stages and their workers end with whoever started them, also when it was killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.project import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux's prctl")

STAGE = """
import os, time
from pathlib import Path
from stages.core import cluster, lifetime

def work(number):
    Path(f"worker-{number}").write_text(str(os.getpid()))
    time.sleep(600)

if __name__ == "__main__":
    lifetime.end_with_dvc()
    Path("stage").write_text(str(os.getpid()))
    with cluster.pool(cluster.Cluster(address=None, workers=2)) as pool:
        list(pool.map_unordered(work, [1, 2]))
"""
DVC = """
import subprocess, sys
subprocess.run(["/bin/sh", "-c", f"{sys.executable} stage.py"])
"""


def alive(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_a_killed_dvc_takes_its_stage_and_the_workers_along(tmp_path: Path) -> None:
    (tmp_path / "stage.py").write_text(STAGE)
    env = os.environ | {"DVC_STAGE": "crop", "PYTHONPATH": str(ROOT)}
    names = ("stage", "worker-1", "worker-2")
    with subprocess.Popen([sys.executable, "-c", DVC], cwd=tmp_path, env=env) as dvc:
        until = time.monotonic() + 60
        while not all((tmp_path / name).exists() for name in names):
            assert time.monotonic() < until
            time.sleep(0.05)
        time.sleep(0.1)
        numbers = [int((tmp_path / name).read_text()) for name in names]
        dvc.send_signal(signal.SIGKILL)
    until = time.monotonic() + 10
    while any(map(alive, numbers)) and time.monotonic() < until:
        time.sleep(0.05)
    left = [number for number in numbers if alive(number)]
    for number in left:
        os.kill(number, signal.SIGKILL)
    assert not left
