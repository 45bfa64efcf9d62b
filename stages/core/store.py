"""A content-keyed memory of finished work, beside DVC's outputs and safe to delete.

An entry is a file whose name says what it answers (a key, the hash of everything the answer
depends on) and what it holds (a digest of its bytes). So a stale entry is never asked for, and a
damaged one is noticed and made anew.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from stages.core.tables import atomic_path

_KEY, _DIGEST = 40, 16  # hex digits: 160 bits against collisions, 64 against damage


def key(*parts: Any) -> str:
    """The hash of plain values (numbers, strings, lists, mappings) that identify a result."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_KEY]


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code(*places: Path) -> str:
    """The digest of modules, named one by one or as folders: results depend on code too."""
    files = [file for place in places for file in sorted(place.glob("*.py")) or [place]]
    return key([(file.name, digest(file)) for file in files])


class Store:
    """Files under `root`/kind/, found by key. Safe for several threads and processes at once."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, kind: str, key: str) -> Path | None:
        """The entry's file, or None when there is none or its bytes are damaged."""
        folder = self._folder(kind, key)
        # Not glob: it compiles a pattern for each of the many look-ups.
        names = os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208
        for name in names:
            path = folder / name
            if name.startswith(f"{key}."):
                if digest(path).startswith(path.suffix[1:]):
                    return path
                path.unlink(missing_ok=True)
        return None

    def put(self, kind: str, key: str, content: bytes) -> Path:
        """Keep bytes under a key and return their file."""
        path = self._folder(kind, key) / f"{key}.{hashlib.sha256(content).hexdigest()[:_DIGEST]}"
        with atomic_path(path) as beside:
            beside.write_bytes(content)
        return path

    def adopt(self, kind: str, key: str, file: Path) -> Path:
        """Keep a finished file under a key by moving it; it must lie on the store's disk."""
        path = self._folder(kind, key) / f"{key}.{digest(file)[:_DIGEST]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        file.replace(path)
        return path

    def scratch(self, name: str) -> Path:
        """A path inside the store for a file in the making, to be adopted when it is whole."""
        folder = self.root / "scratch"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{os.getpid()}-{name}"

    def _folder(self, kind: str, key: str) -> Path:
        return self.root / kind / key[:2]


def link_or_copy(entry: Path, target: Path) -> None:
    """Show a store entry at `target`: a hard link where the disk allows it, else a copy."""
    with atomic_path(target) as beside:
        beside.unlink(missing_ok=True)
        try:
            os.link(entry, beside)
        except OSError:  # another disk, or one without links
            shutil.copyfile(entry, beside)
