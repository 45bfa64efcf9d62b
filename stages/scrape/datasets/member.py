"""A file of a data set, as a folder or an archive lists it, before anything of it is read."""

import zlib
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import NamedTuple

# What readers of damaged archives raise, besides their own errors.
DAMAGE = (
    *(zlib.error, OSError, EOFError, ValueError, RuntimeError, KeyError),
    *(IndexError, NotImplementedError),
)


class Member(NamedTuple):
    """A file inside: its path with slashes, its size in bytes, and why it must not be read."""

    name: str
    size: int = 0
    reason: str | None = None


def hidden(name: str) -> bool:
    """Whether a path is hidden, or what macOS adds to an archive."""
    parts = (part for part in name.split("/") if part not in (".", ".."))
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def folders(names: Iterable[str]) -> set[str]:
    """Every folder among the paths of an archive; that of an empty one ends in a slash."""
    names = list(names)
    empty = {name.rstrip("/") for name in names if name.endswith("/")}
    around = {parent for name in names for parent in PurePosixPath(name).parents}
    return (empty | {parent.as_posix() for parent in around}) - {".", "/", ""}
