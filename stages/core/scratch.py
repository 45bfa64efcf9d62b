"""Files and folders in the making: under random names in one place, moved when they are whole.

That place is `.store/scratch`, which git ignores and no stage depends on. Every process has a
folder of its own there and holds the folder's lock as long as it lives; what a killed process
left is removed by the next one that begins to write. Names hold no process number, since in a
container the next process may have the same.
"""

import atexit
import errno
import fcntl
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stages.core import paths

BASE = paths.STORE / "scratch"
BESIDE = ".scratch"  # a folder beside the target, for targets on another disk
LOCK = "lock"

_folders: dict[tuple[int, str], Path] = {}  # by process and the folder it works in
_guard = threading.Lock()


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A path to write to; its file becomes `path` when the block ends well, else vanishes."""
    draft = _draft(path.suffix)
    try:
        yield draft
        move(draft, path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """An empty folder to fill; it takes the place of `path` when the block ends well."""
    with temporary_folder() as draft:
        yield draft
        move(draft, path)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """An empty folder that is removed after the block, unless it was moved away."""
    folder = _draft()
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove(path: Path) -> None:
    """Remove a file or folder, if there is one: at once, or not at all where that is possible."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    old = _draft()
    try:
        path.rename(old)
    except OSError:  # another disk
        old = path
    shutil.rmtree(old)


def sweep(base: Path = BASE) -> None:
    """Remove what processes that live no more left in a scratch folder."""
    for entry in base.iterdir() if base.is_dir() else ():
        if not entry.is_dir():
            if entry.name != LOCK:
                entry.unlink(missing_ok=True)
        elif (lock := _try_lock(entry)) is not None:
            shutil.rmtree(entry, ignore_errors=True)
            os.close(lock)


def _draft(suffix: str = "") -> Path:
    return _own_folder() / f"{secrets.token_hex(8)}{suffix[:32]}"


def _own_folder() -> Path:
    key = (os.getpid(), os.getcwd())  # noqa: PTH109 - called for every file
    with _guard:
        if key not in _folders or not _folders[key].is_dir():
            _folders[key], _ = _claim(BASE)
            atexit.register(_leave, key[0], _folders[key].resolve())
        return _folders[key]


def _claim(base: Path) -> tuple[Path, int]:
    """A new folder in `base`, and the descriptor of its lock, which ends with the process."""
    base.mkdir(parents=True, exist_ok=True)
    with (base / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # else another's sweep might take it before it is locked
        sweep(base)
        folder = base / Path(tempfile.mkdtemp(dir=base)).name
        descriptor = _try_lock(folder)
    if descriptor is None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK), str(folder))
    return folder, descriptor


def _leave(process: int, folder: Path) -> None:
    if process == os.getpid():  # not in a fork of it
        shutil.rmtree(folder, ignore_errors=True)


def _try_lock(folder: Path) -> int | None:
    """The descriptor that holds a folder's lock; None while another process holds it."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def move(draft: Path, path: Path) -> None:
    """Put a finished file or folder in its place, be it on another disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if draft.is_dir() and path.exists():
        remove(path)
    try:
        draft.replace(path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _move_to_another_disk(draft, path)


def _move_to_another_disk(draft: Path, path: Path) -> None:
    """Copy beside the target first, so that it still appears whole."""
    folder, lock = _claim(path.parent / BESIDE)
    try:
        copy = shutil.copytree if draft.is_dir() else shutil.copyfile
        copy(draft, folder / "copy")
        (folder / "copy").replace(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)
