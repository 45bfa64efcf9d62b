"""Whatever a file holds, as texts and pictures: tables, records and archives are opened.

A compressed column hides its bytes from a plain search, and a file in DVC's cache has no suffix,
so what a file is, its first bytes say. Files come from anywhere: archives in each other, and what
they unpack to, have limits, and a part that cannot be read is said to be `Unread`.
"""

import base64
import bz2
import gzip
import io
import json
import lzma
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from stages.forget.normal_forms import CELL


@dataclass(frozen=True)
class Unread:
    """A part of a file that cannot be searched, and why."""

    reason: str


Part = str | bytes | Unread  # a text, the bytes of a picture, or what is neither known to be
CHUNK, OVERLAP = 64 << 20, 1 << 20  # bytes of a plain file in memory; what two chunks share
HEADER_BYTES = 1 << 20  # of the line of JSON before a body
MAX_UNPACKED = 1 << 30  # bytes that one file may unpack to, all its archives together
MAX_NESTED = 8  # archives in each other
MAX_RECORDS = 1 << 20  # of a file of TFRecords
IN_MEMORY = 16 << 20  # bytes unpacked before they are put on the disk
SAMPLE = 4096  # bytes whose zeros tell UTF-16
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*")
_DATA_URI = re.compile(r"data:image/[\w.+-]+;base64,([\w+/=]+)")
_STREAMS: dict[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file, mode="rb"),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
    b"\x28\xb5\x2f\xfd": lambda file: pa.CompressedInputStream(BytesIO(file.read()), "zstd"),
    b"\x04\x22\x4d\x18": lambda file: pa.CompressedInputStream(BytesIO(file.read()), "lz4"),
}
# What readers of archives and tables raise for bytes that are damaged or made to harm.
DAMAGE = (
    pa.ArrowException, zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError,
    ValueError, LookupError, TypeError, struct.error, RecursionError, MemoryError,
)  # fmt: skip


class _TooLargeError(Exception):
    """More was unpacked than may be."""


@dataclass
class _Budget:
    """The bytes that may still be unpacked of one file."""

    left: int


@dataclass(frozen=True)
class _Limits:
    budget: _Budget = field(default_factory=lambda: _Budget(MAX_UNPACKED))
    nested: int = 0

    def inside(self) -> "_Limits":
        return replace(self, nested=self.nested + 1)


def parts(path: Path) -> Iterator[Part]:
    """Every text and every picture in a file, and what of it cannot be read; OSError if all."""
    with path.open("rb") as file:
        yield from _parts(file, _Limits())


def _parts(file: Any, limits: _Limits) -> Iterator[Part]:
    head = file.read(12)
    file.seek(0)
    try:
        if reader := _packed(head):
            if limits.nested < MAX_NESTED:
                yield from reader(file, limits.inside())
            else:
                yield Unread(f"archives nested deeper than {MAX_NESTED}")
            return
    except _TooLargeError:
        yield Unread(f"unpacks to more than {MAX_UNPACKED >> 20} MB")
        return
    except NotImplementedError as error:  # an archive of a later version than is known
        yield Unread(str(error))
        return
    except DAMAGE:
        file.seek(0)  # its bytes are all there is
    yield from _unpacked(file, head, limits)


def _packed(head: bytes) -> Callable[[Any, _Limits], Iterator[Part]] | None:
    """What reads a file with such a beginning, if it is an archive, a stream or a table."""
    if head.startswith(b"PAR1"):
        return _table
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return _archive
    return _stream if any(head.startswith(mark) for mark in _STREAMS) else None


def _unpacked(file: Any, head: bytes, limits: _Limits) -> Iterator[Part]:
    if _holds_records(file):
        yield from _records(file, limits)
    elif _has_header(file):
        yield file.readline().decode("utf-8", "replace")
        yield from _parts(_rest(file), limits)
    elif head.startswith(PICTURES):
        yield file.read()
    else:
        yield from _text(file)


def flat(value: Any) -> Iterator[str | bytes]:
    """The texts and bytes in nested lists and mappings."""
    if isinstance(value, str | bytes):
        yield value
    elif isinstance(value, dict):
        yield from flat([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple):
        for each in value:
            yield from flat(each)


def header(path: Path) -> dict[str, Any] | None:
    """A file's first line of JSON, where a body follows, as the store keeps answers."""
    with path.open("rb") as file:
        if not _has_header(file):
            return None
        line: dict[str, Any] = json.loads(file.readline())
        return line


def body(path: Path) -> bytes:
    """What follows after a file's first line."""
    with path.open("rb") as file:
        file.readline()
        return file.read()


def _table(file: Any, _: _Limits) -> Iterator[Part]:
    for batch in pq.ParquetFile(file).iter_batches(batch_size=64):
        cells = list(flat([list(row.values()) for row in batch.to_pylist()]))
        yield from (cell for cell in cells if isinstance(cell, bytes))
        # Most cells of a column say the same.
        yield CELL.join(dict.fromkeys(cell for cell in cells if isinstance(cell, str)))


def _stream(file: Any, limits: _Limits) -> Iterator[Part]:
    head = file.read(8)
    file.seek(0)
    opened = next(_STREAMS[mark] for mark in _STREAMS if head.startswith(mark))(file)
    with _spooled(opened, limits.budget) as content:
        yield from _parts(content, limits)


def _archive(file: Any, limits: _Limits) -> Iterator[Part]:
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            yield member.filename
            try:
                with archive.open(member) as packed, _spooled(packed, limits.budget) as content:
                    yield from _parts(content, limits)
            except (RuntimeError, NotImplementedError) as error:  # encrypted, or packed otherwise
                yield Unread(f"{member.filename}: {error}")
            except DAMAGE as error:
                yield Unread(f"{member.filename}: damaged ({type(error).__name__})")


def _spooled(packed: Any, budget: _Budget) -> Any:
    """What a stream unpacks to, as a file that can be read again, on the disk if it is long."""
    content = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed by the caller
    while chunk := packed.read(1 << 20):
        budget.left -= len(chunk)
        if budget.left < 0:
            content.close()
            raise _TooLargeError
        content.write(chunk)
    content.seek(0)
    return content


def _rest(file: Any) -> BinaryIO:
    return BytesIO(file.read())


def _holds_records(file: Any) -> bool:
    """Whether a file is a chain of TFRecords: length, its checksum, data, checksum."""
    size, place = file.seek(0, io.SEEK_END), 0
    for _ in range(MAX_RECORDS):
        if place + 16 > size:
            break
        file.seek(place)
        length = struct.unpack("<Q", file.read(8))[0]
        if not length:
            break
        place += 16 + length
    file.seek(0)
    return bool(place == size > 0)


def _records(file: Any, limits: _Limits) -> Iterator[Part]:
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # ships none
    from tensorflow.core.example.example_pb2 import Example  # seconds to import

    while header := file.read(12):
        data = file.read(struct.unpack("<Q", header[:8])[0])
        file.seek(4, io.SEEK_CUR)  # the checksum
        yield data.decode("utf-8", "replace")
        try:
            record = Example.FromString(data)
        except DecodeError:  # a record of another kind
            continue
        for feature in record.features.feature.values():
            for value in feature.bytes_list.value:
                yield from _parts(BytesIO(value), limits)


def _has_header(file: Any) -> bool:
    """Whether a file is a line of JSON, then a body, as the store keeps answers.

    Lines of JSON alone, as in a log, are a text.
    """
    line, following = file.readline(HEADER_BYTES), file.read(1)
    file.seek(0)
    if not line.startswith(b"{") or not line.endswith(b"\n") or following in (b"", b"{"):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _text(file: Any) -> Iterator[Part]:
    encodings = _encodings(file)
    while chunk := file.read(CHUNK):
        for encoding in encodings:
            text = chunk.decode(encoding, "replace")
            for match in _DATA_URI.finditer(text):
                yield base64.b64decode(match[1] + "==")
            yield _DATA_URI.sub(" ", text)
        if len(chunk) == CHUNK:
            file.seek(-OVERLAP, io.SEEK_CUR)


def _encodings(file: Any) -> list[str]:
    """How a file may be read as text: UTF-8, and UTF-16 where it looks like that."""
    sample = file.read(SAMPLE)
    file.seek(0)
    first, second = (sample[start::2].count(0) / max(1, len(sample) // 2) for start in (0, 1))
    little = sample.startswith(b"\xff\xfe") or second > 0.3 > first
    big = sample.startswith(b"\xfe\xff") or first > 0.3 > second
    return ["utf-8", *(["utf-16-le"] if little else []), *(["utf-16-be"] if big else [])]
