"""Reads a `.mat` file from standard input with SciPy, and prints its columns as JSON.

`python -m stages.scrape.sources.imdb_wiki.scipy_reader VARIABLE SECONDS` is the child process of
`matfile`. It limits its own time, memory and output before it reads a byte. Damage may show as any
error of SciPy's, NumPy's or zlib's, or as a crash: all of them end this process and no other.
"""

import io
import json
import math
import resource
import sys
from typing import Any

import numpy as np

REQUIRED = ("dob", "photo_taken", "full_path", "gender")
OPTIONAL = ("name", "face_location", "face_score", "second_face_score")
MEMORY_BYTES = 4_000_000_000
OUTPUT_BYTES = 1_000_000_000


class RefusedError(Exception):
    """The file is a `.mat` file, but not IMDB-WIKI's."""


def columns(content: bytes, variable: str) -> list[list[Any]]:
    """The columns of `matfile.Row`, of one length; `RefusedError` for any other struct."""
    fields = _fields(_load(content, variable), variable)
    paths = fields["full_path"]
    texts = {"full_path": paths, "name": fields.get("name", [""] * len(paths))}
    unknown = [math.nan] * len(paths)
    read = {name: list(map(_text, values)) for name, values in texts.items()}
    numbers = {
        name: list(map(_number, fields.get(name, unknown)))
        for name in ("dob", "photo_taken", "gender", "face_score", "second_face_score")
    }
    boxes = list(map(_numbers, fields.get("face_location", [()] * len(paths))))
    return [
        read["full_path"],
        *(numbers[name] for name in ("dob", "photo_taken", "gender")),
        read["name"],
        boxes,
        numbers["face_score"],
        numbers["second_face_score"],
    ]


def _load(content: bytes, variable: str) -> Any:
    from scipy.io import loadmat  # half a second to import

    variables = loadmat(io.BytesIO(content), variable_names=[variable])
    if variable not in variables:
        raise RefusedError(f"holds no variable {variable}")
    return variables[variable]


def _fields(struct: Any, variable: str) -> dict[str, Any]:
    names = getattr(getattr(struct, "dtype", None), "names", None) or ()
    for name in REQUIRED:
        if name not in names or struct.size != 1:
            raise RefusedError(f"{variable} must be one struct with a field {name}")
    fields = {
        name: np.ravel(struct[name].item()) for name in (*REQUIRED, *OPTIONAL) if name in names
    }
    lengths = {name: len(values) for name, values in fields.items()}
    if len(set(lengths.values())) > 1:
        raise RefusedError(f"the fields of {variable} differ in length: {lengths}")
    return fields


def _number(value: Any) -> float:
    numbers = _numbers(value)
    return numbers[0] if len(numbers) == 1 else math.nan


def _numbers(value: Any) -> tuple[float, ...]:
    array = np.ravel(value)
    if array.dtype.kind not in "biuf" or array.size > 4:
        return ()
    return tuple(float(each) for each in array)


def _text(value: Any) -> str:
    array = np.ravel(value)
    if array.size != 1 or array.dtype.kind != "U":
        return ""
    return str(array[0]).encode(errors="replace").decode()  # half of a surrogate pair


def _limit(seconds: int) -> None:
    limits = {
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_AS: MEMORY_BYTES,
        resource.RLIMIT_FSIZE: OUTPUT_BYTES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))


def main() -> None:
    variable, seconds = sys.argv[1:]
    _limit(int(seconds))
    try:
        answer: dict[str, Any] = {"columns": columns(sys.stdin.buffer.read(), variable)}
    except RefusedError as refused:
        answer = {"refused": str(refused)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
