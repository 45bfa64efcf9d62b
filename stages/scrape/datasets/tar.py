"""A tar, compressed by gzip or not: indexed once, its members read by their place in the file.

Nothing is extracted: a name is only ever looked up, a link is never followed, and no header makes
more memory than `HEADER_BYTES`.
"""

import gzip
import io
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from stages.core.program import InputError
from stages.core.scratch import temporary_folder
from stages.pictures.decoder import Rejected
from stages.scrape.datasets import member
from stages.scrape.datasets.member import DAMAGE, Member

GZIP = b"\x1f\x8b"
MAX_MEMBERS = 5_000_000  # each takes half a kilobyte of memory
HEADER_BYTES = 1_000_000  # of a member's long name and further attributes
UNPACKED_BYTES = 20_000_000_000  # the largest of the official data sets, IMDB-WIKI's faces, has 7
# Pictures hardly shrink. A bomb a thousand times its size would fill the disk.
MAX_RATIO = 20
SPARE_BYTES = 100_000_000  # for small archives of annotations, which do shrink
_CHUNK = 1 << 20


def is_tar(path: Path) -> bool:
    """Whether a file is a tar, by its first bytes; one in gzip counts by gzip's."""
    with path.open("rb") as file:
        head = file.read(tarfile.BLOCKSIZE)
    return head.startswith(GZIP) or head[257:262] == b"ustar" or path.suffix.lower() == ".tar"


@contextmanager
def open_tar(path: Path) -> Iterator["Tar"]:
    """The tar at `path`; `InputError` when it is damaged or unpacks to too much.

    gzip allows no access but from its beginning, while pictures are read in any order and by many
    threads, so a compressed tar is unpacked beside for as long as it is open. Reading it in its
    own order would bind partitions to that order; holding its pictures would need its memory.
    """
    with path.open("rb") as file:
        if not file.read(2).startswith(GZIP):
            yield Tar(path, file)
            return
    with temporary_folder() as folder, (folder / "tar").open("w+b") as copy:
        _unpack(path, copy)
        yield Tar(path, copy)


def _unpack(path: Path, copy: IO[bytes]) -> None:
    most = min(UNPACKED_BYTES, SPARE_BYTES + MAX_RATIO * path.stat().st_size)
    with gzip.open(path) as packed:
        while chunk := _chunk(path, packed):
            if copy.tell() + len(chunk) > most:
                raise InputError(f"{path}: unpacks to more than {most} bytes; unpack it yourself")
            copy.write(chunk)
    copy.flush()


def _chunk(path: Path, packed: gzip.GzipFile) -> bytes:
    try:
        return packed.read(_CHUNK)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: damaged ({error}); fetch it again") from None


class Tar:
    """The members of a tar. A name that occurs twice is read where it occurs last."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.file = file
        try:
            self.index = _index(file)
        except (tarfile.TarError, *DAMAGE) as error:
            raise InputError(f"{path}: not a readable tar ({error})") from None
        self.last = {_name(info): info for info in self.index if not info.isdir()}

    def members(self) -> list[Member]:
        """Every file, in order of its name."""
        members = [self._member(info) for info in self.index if not info.isdir()]
        return sorted(members, key=lambda each: each.name)

    def folders(self) -> set[str]:
        """Every folder that holds a file or stands there empty."""
        return member.folders(_name(info) + "/" * info.isdir() for info in self.index)

    def read(self, name: str) -> bytes:
        """A member's bytes; `Rejected` when they cannot be had."""
        info = self.last.get(name)
        if info is None or _reason(info):
            raise Rejected("unreadable", "not a file of the archive")
        try:
            body = os.pread(self.file.fileno(), info.size, info.offset_data)
        except OSError as error:
            raise Rejected("unreadable", os.strerror(error.errno or 0)) from error
        if len(body) != info.size:
            raise Rejected("unreadable", f"{len(body)} bytes; its header says {info.size}")
        return body

    def _member(self, info: tarfile.TarInfo) -> Member:
        name = _name(info)
        twice = "duplicate_name" if self.last[name] is not info else None
        return Member(name, info.size, twice or _reason(info))


def _reason(info: tarfile.TarInfo) -> str | None:
    """Why a member is not read: a link, a device, a file with holes whose size costs nothing."""
    if not _name(info):
        return "name_is_empty"
    return "not_a_file" if info.issparse() or not info.isreg() else None


def _name(info: tarfile.TarInfo) -> str:
    """A member's path as from the root of the archive: `tar .` writes `./` before each."""
    name = info.name
    while name.startswith("./"):
        name = name[2:].lstrip("/")
    return "" if name == "." else name


class _Headers(io.BufferedReader):
    """A tar's file, for its headers only: none may ask for all of it."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or not 0 <= size <= HEADER_BYTES:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return super().read(size)


def _index(file: IO[bytes]) -> list[tarfile.TarInfo]:
    """Every member that is not hidden; an error where the archive ends before its end."""
    index: list[tarfile.TarInfo] = []
    with _Headers(io.FileIO(file.fileno(), closefd=False)) as headers:
        headers.seek(0)
        archive = tarfile.TarFile(fileobj=headers, encoding="utf-8", errors="surrogateescape")
        last = -1
        for info in iter(archive.next, None):
            if info.offset <= last:  # a negative size leads back
                raise tarfile.ReadError(f"a member of {info.size} bytes")
            if len(index) == MAX_MEMBERS:
                raise tarfile.ReadError(f"more than {MAX_MEMBERS} members")
            last = info.offset
            if not member.hidden(_name(info)):
                index.append(info)
        headers.seek(archive.offset)
        if headers.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):  # tarfile stops in silence
            raise tarfile.ReadError(f"damaged or cut off at byte {archive.offset}")
    return index
