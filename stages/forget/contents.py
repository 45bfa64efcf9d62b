"""Whatever a file holds, as texts and pictures: tables, records and archives are opened.

A compressed column hides its bytes from a plain search, and a file in DVC's cache has no suffix,
so what a file is, its first bytes say.
"""

import base64
import gzip
import json
import re
import struct
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from stages.forget.normal_forms import CELL

Part = str | bytes  # a text, or the bytes of a picture
CHUNK, OVERLAP = 64 << 20, 1 << 20  # bytes of a plain file in memory; what two chunks share
HEADER_BYTES = 1 << 20  # of the line of JSON before a body
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*")
_DATA_URI = re.compile(r"data:image/[\w.+-]+;base64,([\w+/=]+)")


def parts(path: Path) -> Iterator[Part]:
    """Every text and every picture in a file; OSError when it cannot be read."""
    with path.open("rb") as file:
        yield from _parts(file)


def _parts(file: BinaryIO) -> Iterator[Part]:
    head = file.read(12)
    file.seek(0)
    try:
        if head[:4] == b"PAR1":
            yield from _table(file)
            return
        if head[:4] == b"PK\3\4":
            yield from _archive(file)
            return
        if head[:2] == b"\x1f\x8b":
            yield from _parts(BytesIO(gzip.decompress(file.read())))
            return
    except (pa.ArrowException, zipfile.BadZipFile, EOFError, gzip.BadGzipFile):
        # Damaged: its bytes are all there is.
        file.seek(0)
    if _holds_records(file):
        yield from _records(file)
    elif _has_header(file):
        yield file.readline().decode("utf-8", "replace")
        yield from _parts(BytesIO(file.read()))
    elif head.startswith(_PICTURES):
        yield file.read()
    else:
        yield from _text(file)


def flat(value: Any) -> Iterator[Part]:
    """The texts and bytes in nested lists and mappings."""
    if isinstance(value, str | bytes):
        yield value
    elif isinstance(value, dict):
        yield from flat([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple):
        for each in value:
            yield from flat(each)


def _table(file: BinaryIO) -> Iterator[Part]:
    for batch in pq.ParquetFile(file).iter_batches(batch_size=64):
        found = list(flat([list(row.values()) for row in batch.to_pylist()]))
        yield from (each for each in found if isinstance(each, bytes))
        # Most cells of a column say the same.
        yield CELL.join(dict.fromkeys(each for each in found if isinstance(each, str)))


def _archive(file: BinaryIO) -> Iterator[Part]:
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            yield name
            with archive.open(name) as member:
                yield from _parts(BytesIO(member.read()))


def _holds_records(file: BinaryIO) -> bool:
    """Whether a file is a chain of TFRecords: length, its checksum, data, checksum."""
    size, place = file.seek(0, 2), 0
    while place + 16 <= size:
        file.seek(place)
        place += 16 + struct.unpack("<Q", file.read(8))[0]
    file.seek(0)
    return place == size > 0


def _records(file: BinaryIO) -> Iterator[Part]:
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # ships none
    from tensorflow.core.example.example_pb2 import Example  # seconds to import

    while header := file.read(12):
        data = file.read(struct.unpack("<Q", header[:8])[0])
        file.seek(4, 1)  # the checksum
        yield data.decode("utf-8", "replace")
        try:
            record = Example.FromString(data)
        except DecodeError:  # a record of another kind
            continue
        for feature in record.features.feature.values():
            for value in feature.bytes_list.value:
                yield from _parts(BytesIO(value))


def _has_header(file: BinaryIO) -> bool:
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


def _text(file: BinaryIO) -> Iterator[Part]:
    while chunk := file.read(CHUNK):
        text = chunk.decode("utf-8", "replace")
        for found in _DATA_URI.finditer(text):
            yield base64.b64decode(found[1] + "==")
        yield _DATA_URI.sub(" ", text)
        if len(chunk) == CHUNK:
            file.seek(-OVERLAP, 1)
