"""IMDB-WIKI's `.mat` files (Rothe, Timofte and Van Gool 2015), read with SciPy: a row a picture."""

import io
import math
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from stages.core.program import InputError

REQUIRED = ("dob", "photo_taken", "full_path", "gender")
OPTIONAL = ("name", "face_location", "face_score", "second_face_score")
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
    _check_size(where, content)
    fields = _fields(where, _load(where, content, variable), variable)
    paths = fields["full_path"]
    columns = {
        "full_path": map(_text, paths),
        **{name: map(_number, fields[name]) for name in ("dob", "photo_taken", "gender")},
        "name": map(_text, fields.get("name", [""] * len(paths))),
        "face_location": map(_numbers, fields.get("face_location", [()] * len(paths))),
        **{
            name: map(_number, fields.get(name, [math.nan] * len(paths)))
            for name in ("face_score", "second_face_score")
        },
    }
    return [Row(*values) for values in zip(*columns.values(), strict=True)]


def _check_version(where: str, content: bytes) -> None:
    hint = "save it with Matlab's -v7 or SciPy's savemat"
    if content[:15] == b"MATLAB 7.3 MAT-" or content[512:516] == b"\x89HDF":
        raise InputError(f"{where}: a .mat file of version 7.3 (HDF5); version 5 is read: {hint}")
    orders = {b"IM": "little", b"MI": "big"}
    order = orders.get(content[126:128])
    version = int.from_bytes(content[124:126], "big" if order == "big" else "little")
    if order is None or version != 0x0100:
        raise InputError(f"{where}: not a .mat file of version 5: {hint}")


def _check_size(where: str, content: bytes) -> None:
    """Refuse what would unpack to more than the limit, without holding it."""
    total = 0
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


def _compressed(content: bytes) -> Iterator[memoryview]:
    order: Any = "little" if content[126:128] == b"IM" else "big"
    view, at = memoryview(content), _HEADER
    while at + 8 <= len(content):
        kind = int.from_bytes(content[at : at + 4], order)
        size = int.from_bytes(content[at + 4 : at + 8], order)
        if kind == _COMPRESSED:
            yield view[at + 8 : at + 8 + size]
        at += 8 + size


def _load(where: str, content: bytes, variable: str) -> Any:
    from scipy.io import loadmat  # half a second to import

    try:
        found = loadmat(io.BytesIO(content), variable_names=[variable])
    # Damage shows as any of SciPy's, NumPy's and zlib's errors, deep in the reader.
    except (ValueError, TypeError, KeyError, IndexError, OSError, MemoryError, zlib.error) as error:
        detail = " ".join(str(error).split())[:200]
        raise InputError(f"{where}: a damaged .mat file ({detail})") from None
    if variable not in found:
        raise InputError(f"{where}: holds no variable {variable}")
    return found[variable]


def _fields(where: str, struct: Any, variable: str) -> dict[str, Any]:
    names = getattr(getattr(struct, "dtype", None), "names", None) or ()
    for name in REQUIRED:
        if name not in names or struct.size != 1:
            raise InputError(f"{where}: {variable} must be one struct with a field {name}")
    fields = {
        name: np.ravel(struct[name].item()) for name in (*REQUIRED, *OPTIONAL) if name in names
    }
    lengths = {name: len(values) for name, values in fields.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"{where}: the fields of {variable} differ in length: {lengths}")
    return fields


def _number(value: Any) -> float:
    found = _numbers(value)
    return found[0] if len(found) == 1 else math.nan


def _numbers(value: Any) -> tuple[float, ...]:
    array = np.ravel(value)
    if array.dtype.kind not in "biuf" or array.size > 4:
        return ()
    return tuple(float(each) for each in array)


def _text(value: Any) -> str:
    array = np.ravel(value)
    return str(array[0]) if array.size == 1 and array.dtype.kind == "U" else ""
