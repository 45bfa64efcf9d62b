"""A folder, zip or tar of files, listed at once and read one by one.

Names are only ever looked up, sizes are known before anything is read, links and special files
are reported and never opened. Hidden files, and what macOS adds to an archive, are not listed.
"""

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from stages.core.program import InputError
from stages.pictures.decoder import Rejected
from stages.scrape.datasets import member, people, tar
from stages.scrape.datasets.member import DAMAGE, Member, hidden

# The other methods may give a thousandfold of what they are fed before any limit is looked at.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")


class Files(Protocol):
    """What a source reads from."""

    def members(self) -> list[Member]:
        """Every file, in order of its name."""

    def folders(self) -> set[str]:
        """Every folder that holds a file or stands there empty."""

    def read(self, name: str) -> bytes:
        """A member's bytes; `Rejected` when they cannot be had."""


@contextmanager
def open_files(path: Path) -> Iterator[Files]:
    """The folder, zip or tar at `path`; `InputError` when it is none of them."""
    if path.is_dir():
        yield Folder(path)
    elif not path.is_file():
        raise InputError(f"{path}: no such folder, zip or tar")
    elif tar.is_tar(path):
        with tar.open_tar(path) as archive:
            yield archive
    else:
        with _open_zip(path) as archive:
            yield Zip(archive)


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, *DAMAGE) as error:
        kinds = f"a folder nor a readable {', '.join(ARCHIVES)}"
        raise InputError(f"{path}: neither {kinds} ({error})") from None


class Folder:
    """The files below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def members(self) -> list[Member]:
        return [self._member(name) for name in people.files(self.root)]

    def folders(self) -> set[str]:
        inside = (Path(place).relative_to(self.root).as_posix() for place, *_ in os.walk(self.root))
        return {name for name in inside if not hidden(name)} - {"."}

    def read(self, name: str) -> bytes:
        try:
            return (self.root / name).read_bytes()
        except OSError as error:
            raise Rejected("unreadable", os.strerror(error.errno or 0)) from error

    def _member(self, name: str) -> Member:
        path = self.root / name
        try:
            status = path.lstat()
            if stat.S_ISLNK(status.st_mode):
                if people.leaves(self.root, path):
                    return Member(name, reason="outside_folder")
                status = path.stat()
        except OSError:  # a link that leads nowhere, a folder that may not be entered
            return Member(name, reason="unreadable")
        if not stat.S_ISREG(status.st_mode):
            return Member(name, reason="not_a_file")  # a pipe would be waited on for ever
        return Member(name, status.st_size)


class Zip:
    """The members of a zip. A name that occurs twice is read where it occurs last."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive

    def members(self) -> list[Member]:
        listed = (info for info in self.archive.infolist() if not hidden(info.filename))
        members = [self._member(info) for info in listed if not info.filename.endswith("/")]
        return sorted(members, key=lambda each: each.name)

    def folders(self) -> set[str]:
        names = (info.filename for info in self.archive.infolist())
        return member.folders(name for name in names if not hidden(name))

    def read(self, name: str) -> bytes:
        try:
            with self.archive.open(name) as file:
                # Not `archive.read`: it would unpack all that there is, whatever the header says.
                size = self.archive.NameToInfo[name].file_size
                body = file.read(size + 1)
                if len(body) != size:
                    raise Rejected("unreadable", f"{len(body)} bytes; its header says {size}")
                return body
        except (zipfile.BadZipFile, *DAMAGE) as error:
            raise Rejected("unreadable", " ".join(str(error).split())[:200]) from error

    def _member(self, info: zipfile.ZipInfo) -> Member:
        reason = None
        if not info.filename:
            reason = "name_is_empty"
        elif self.archive.NameToInfo[info.filename] is not info:
            reason = "duplicate_name"
        elif info.flag_bits & 1:
            reason = "encrypted"
        elif stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            reason = "not_a_file"
        elif info.compress_type not in METHODS:
            reason = "unknown_compression"
        return Member(info.filename, info.file_size, reason)


def read_annotation(files: Files, file: Member, limit: int, path: Path) -> bytes:
    """A whole annotation file; `InputError` when it cannot be read or is over `limit` bytes."""
    where = f"{path}: {file.name}"
    if file.reason:
        raise InputError(f"{where}: {file.reason}")
    if file.size > limit:
        raise InputError(f"{where}: {file.size} bytes; at most {limit} are read")
    try:
        return files.read(file.name)
    except Rejected as rejected:
        raise InputError(f"{where}: {rejected.reason} ({rejected.detail})") from None
