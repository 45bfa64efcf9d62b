"""Mend what a killed run may leave torn: DVC writes two of its files in place.

Flows do it when they begin. After a killed `dvc repro`, `python -m flows.repair` does.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import yaml
from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from voluptuous import Invalid

from stages.core import paths
from stages.core.scratch import atomic_path

RWLOCK = Path(".dvc/tmp/rwlock")  # which process reads or writes which path

Log = Callable[[str], None]


def mend(log: Log) -> None:
    """Remove a torn list of locks, and put back the last dvc.lock that was committed."""
    if RWLOCK.exists() and not _is_json(RWLOCK):
        RWLOCK.unlink()
        log(f"{RWLOCK}: torn by a killed run; removed")
    if paths.LOCK.exists() and not _is_lock(paths.LOCK.read_bytes()):
        _restore(log)


def _is_json(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except ValueError:
        return False


def _is_lock(content: bytes) -> bool:
    try:
        COMPILED_LOCKFILE_SCHEMA(yaml.safe_load(content))
    except (yaml.YAMLError, Invalid, UnicodeDecodeError):
        return False
    return True


def _restore(log: Log) -> None:
    """What is not in the committed one runs again, or comes from DVC's run cache."""
    committed = subprocess.run(
        ["git", "show", f"HEAD:./{paths.LOCK}"], capture_output=True, check=False
    )
    if committed.returncode or not _is_lock(committed.stdout):
        paths.LOCK.unlink()
        log(f"{paths.LOCK}: torn by a killed run; removed, so that every stage is checked again")
        return
    with atomic_path(paths.LOCK) as draft:
        draft.write_bytes(committed.stdout)
    log(f"{paths.LOCK}: torn by a killed run; the last commit's is back")


def main() -> None:
    mend(print)


if __name__ == "__main__":
    main()
