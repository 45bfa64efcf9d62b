"""A stage ends with DVC, and its workers with it: nobody goes on working for a run that was killed.

DVC hands an interrupt on, but when it is killed itself, its stage would not notice.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from contextlib import suppress

import psutil

_PR_SET_PDEATHSIG = 1  # of prctl(2), Linux's
_SHELLS = {"sh", "dash", "bash", "zsh", "ksh", "fish"}
_POLL = 0.5  # seconds


def end_with_parent() -> None:
    """From now on, SIGTERM comes when the process that started this one ends. On Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def end_with_dvc() -> None:
    """End when DVC, which has started this process, does; by hand, it may outlive its shell."""
    if "DVC_STAGE" not in os.environ:
        return
    end_with_parent()
    parent = psutil.Process().parent()
    if parent and parent.name() in _SHELLS:  # some do not become the last command that they run
        threading.Thread(target=_watch, args=(parent, parent.ppid()), daemon=True).start()


def _watch(shell: psutil.Process, dvc: int) -> None:
    with suppress(psutil.NoSuchProcess):
        while shell.ppid() == dvc:
            time.sleep(_POLL)
    os.kill(os.getpid(), signal.SIGTERM)
