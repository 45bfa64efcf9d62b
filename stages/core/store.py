"""A content-keyed memory of finished work, beside DVC's outputs and safe to delete.

An entry is a file whose name says what it answers (a key, the hash of everything the answer
depends on) and what it holds (a digest of its bytes). So a stale entry is never asked for, and a
damaged one is noticed and made anew.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from stages.core.scratch import atomic_path, move, remove

_KEY, _DIGEST = 40, 16  # hex digits: 160 bits against collisions, 64 against damage
_ENTRY = re.compile(rf"[0-9a-f]{{{_KEY}}}\.[0-9a-f]{{{_DIGEST}}}")


def key(*parts: Any) -> str:
    """The hash of plain values (numbers, strings, lists, mappings) that identify a result."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_KEY]


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Store:
    """Files under `root`/kind/, found by key. Safe for several threads and processes at once."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, kind: str, key: str) -> Path | None:
        """The entry's file; None when there is none, or none that can be read and is whole."""
        folder = self._folder(kind, key)
        for path in _files_of(folder, key):
            if _is_whole(path):
                return path
            discard(path)
        return None

    def entries(self) -> Iterator[Path]:
        """The files of all entries, whole or not; anything else in the store is passed over."""
        for path in self.root.glob("*/*/*"):
            if _ENTRY.fullmatch(path.name):
                yield path

    def put(self, kind: str, key: str, content: bytes) -> Path:
        """Keep bytes under a key and return their file."""
        path = self._folder(kind, key) / f"{key}.{hashlib.sha256(content).hexdigest()[:_DIGEST]}"
        if path.is_dir():
            discard(path)
        with atomic_path(path) as draft:
            draft.write_bytes(content)
        return path

    def adopt(self, kind: str, key: str, file: Path) -> Path:
        """Keep a finished file under a key by moving it, and return where it is."""
        path = self._folder(kind, key) / f"{key}.{digest(file)[:_DIGEST]}"
        move(file, path)
        return path

    def _folder(self, kind: str, key: str) -> Path:
        return self.root / kind / key[:2]


def discard(entry: Path) -> None:
    """Remove an entry, even if a folder took its place; it stays where we may not remove it."""
    with suppress(PermissionError):
        remove(entry)


def _files_of(folder: Path, key: str) -> list[Path]:
    try:
        # Not glob: it compiles a pattern for each of the many look-ups.
        names = os.listdir(folder)  # noqa: PTH208
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []
    return [folder / name for name in names if name.startswith(f"{key}.")]


def _is_whole(path: Path) -> bool:
    try:
        return digest(path).startswith(path.suffix[1:])
    except OSError:  # a folder, another's file, a disk that fails
        return False


def link_or_copy(entry: Path, target: Path) -> None:
    """Show a store entry at `target`: a hard link where the disk allows it, else a copy."""
    with atomic_path(target) as draft:
        try:
            os.link(entry, draft)
        except OSError:  # another disk, or one without links
            shutil.copyfile(entry, draft)
