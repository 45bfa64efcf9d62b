"""IMDB-WIKI's `.mat` files (Rothe, Timofte and Van Gool 2015): a row a picture.

SciPy's reader is compiled code that a damaged file can crash, hang or fill with gigabytes, so it
runs in a child process with limits (`scipy_reader`); only JSON comes back.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from stages.core.program import InputError
from stages.scrape.sources.imdb_wiki import scipy_reader

SECONDS = 30.0  # to read a file, and a second more for each of its unpacked megabytes
UNPACKED_BYTES = 2_000_000_000  # imdb.mat takes a quarter of it
_HEADER = 128
_COMPRESSED = 15  # miCOMPRESSED, an element of zlib's


class Row(NamedTuple):
    """One picture as the file has it. A number that is not known is NaN."""

    full_path: str
    dob: float  # Matlab's day number: 1 is the first of January of year 0
    photo_taken: float  # a year
    gender: float
    name: str = ""
    face_location: tuple[float, ...] = ()  # x1, y1, x2, y2, pixels of the original picture
    face_score: float = math.nan  # -inf where no face was found
    second_face_score: float = math.nan  # NaN where there is no second face


def read(where: str, content: bytes, variable: str) -> list[Row]:
    """The rows of struct `variable`, `imdb` or `wiki`.

    `InputError` for another version than 5, a damaged file, another variable, a field that is
    missing, and fields of different lengths.
    """
    _check_version(where, content)
    unpacked = _check_size(where, content)
    answer = _read_in_child(where, content, variable, SECONDS + unpacked / 1e6)
    if "refused" in answer:
        raise InputError(f"{where}: {answer['refused']}")
    rows = (Row(*values) for values in zip(*answer["columns"], strict=True))
    return [row._replace(face_location=tuple(row.face_location)) for row in rows]


def _read_in_child(where: str, content: bytes, variable: str, seconds: float) -> Any:
    """What `scipy_reader` prints; `InputError` when it crashes, or takes too long or too much."""
    command = [sys.executable, "-m", scipy_reader.__name__, variable, str(math.ceil(seconds))]
    paths = {"PYTHONPATH": str(Path(__file__).parents[4]), "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        try:
            done = subprocess.run(
                command,
                input=content,
                stdout=output,
                stderr=errors,
                env=os.environ | paths,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InputError(f"{where}: not read within {seconds:.0f} seconds") from None
        if done.returncode:
            detail = _last_line(errors) or f"its reader ended with {done.returncode}"
            raise InputError(f"{where}: a damaged .mat file ({detail})")
        output.seek(0)
        return json.load(output)


def _last_line(file: IO[bytes]) -> str:
    file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
    lines = file.read().decode("utf-8", "replace").split("\n")
    return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")


def _check_version(where: str, content: bytes) -> None:
    hint = "save it with Matlab's -v7 or SciPy's savemat"
    if content[:15] == b"MATLAB 7.3 MAT-" or content[512:516] == b"\x89HDF":
        raise InputError(f"{where}: a .mat file of version 7.3 (HDF5); version 5 is read: {hint}")
    orders = {b"IM": "little", b"MI": "big"}
    order = orders.get(content[126:128])
    version = int.from_bytes(content[124:126], "big" if order == "big" else "little")
    if order is None or version != 0x0100:
        raise InputError(f"{where}: not a .mat file of version 5: {hint}")


def _check_size(where: str, content: bytes) -> int:
    """How many bytes it unpacks to, without holding them; `InputError` above the limit."""
    total = len(content)
    for packed in _compressed(content):
        unpack = zlib.decompressobj()
        rest: bytes | memoryview = packed
        try:
            while rest and not unpack.eof and total <= UNPACKED_BYTES:
                total += len(unpack.decompress(rest, 1 << 20))
                rest = unpack.unconsumed_tail
        except zlib.error as error:
            raise InputError(f"{where}: a damaged .mat file ({error})") from None
    if total > UNPACKED_BYTES:
        raise InputError(f"{where}: unpacks to more than {UNPACKED_BYTES} bytes")
    return total


def _compressed(content: bytes) -> Iterator[memoryview]:
    order: Any = "little" if content[126:128] == b"IM" else "big"
    view, at = memoryview(content), _HEADER
    while at + 8 <= len(content):
        kind = int.from_bytes(content[at : at + 4], order)
        size = int.from_bytes(content[at + 4 : at + 8], order)
        if kind == _COMPRESSED:
            yield view[at + 8 : at + 8 + size]
        at += 8 + size
