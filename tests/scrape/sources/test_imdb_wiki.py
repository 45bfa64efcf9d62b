"""IMDB-WIKI: rows of a `.mat` file meet pictures; the file itself may be anything."""

import datetime
import io
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from stages.core.labels.known import AGE
from stages.core.program import InputError
from stages.label.values import value_of
from stages.pictures.decoder import Rejected
from stages.scrape.sources import imdb_wiki
from stages.scrape.sources.imdb_wiki import matfile
from tests.scrape.sources.data_sets import FORMS, crawled, jpeg, labels, lay, params, reasons

NAN = math.nan
DOB = 723_671.0  # 1981-05-05
FIELDS = ("full_path", "dob", "photo_taken", "gender", "name", "face_score", "second_face_score")
FRED = ("00/fred.jpg", DOB, 2009, 1.0, "Fred Astaire", 4.5, NAN)


def cell(values: Any) -> Any:
    made = np.empty((1, len(values)), dtype=object)
    for at, value in enumerate(values):
        made[0, at] = np.array([value]) if value != "" else np.array([], dtype="U1")
    return made


def mat(*rows: tuple[Any, ...], variable: str = "wiki", **changes: Any) -> bytes:
    """A file as the data set has it: numbers as 1×n, texts and boxes as cells."""
    columns = dict(zip(FIELDS, zip(*rows, strict=True), strict=True))
    struct = {
        name: cell(values) if name in ("full_path", "name") else np.array([values], float)
        for name, values in columns.items()
    }
    struct["face_location"] = cell([[1.5, 2.0, 30.0, 40.25]] * len(rows))
    struct |= changes
    file = io.BytesIO()
    savemat(file, {variable: {k: v for k, v in struct.items() if v is not None}})
    return file.getvalue()


@pytest.mark.parametrize("suffix", FORMS)
def test_a_row_is_labels_and_a_person(tmp_path: Path, suffix: str) -> None:
    files = {"wiki_crop/wiki.mat": mat(FRED), "wiki_crop/00/fred.jpg": jpeg(1)}
    (each,) = crawled(imdb_wiki, lay(tmp_path / "x", files, suffix))
    assert labels([each]) == {
        "wiki_crop/00/fred.jpg": {
            "birth_date": "1981-05-05",
            "taken": "2009-07-01",
            "gender": "male",
            "name": "Fred Astaire",
            "face_location": "1.5 2 30 40.25",
            "face_score": "4.5",
            "faces_found": "1",
        }
    }
    assert each.images[0]["identity"] == "fred-astaire"


def test_the_age_is_that_in_the_middle_of_the_year(tmp_path: Path) -> None:
    files = {"wiki.mat": mat(FRED), "00/fred.jpg": jpeg(1)}
    (metadata,) = labels(crawled(imdb_wiki, lay(tmp_path / "x", files))).values()
    assert value_of(AGE, metadata, None).value == 28.0


def test_both_files_and_what_does_not_match(tmp_path: Path) -> None:
    files = {
        "imdb_crop/imdb.mat": mat(
            ("a.jpg", NAN, 2009, 0.0, "Ann", 1.0, 2.0),
            ("b.jpg", DOB, NAN, 0.0, "Ann", 1.0, 2.0),
            ("c.jpg", DOB, 2009, NAN, "", -math.inf, NAN),
            ("c.jpg", DOB, 2009, 1.0, "", 1.0, NAN),
            ("../wiki_crop/d.jpg", DOB, 2009, 1.0, "", 1.0, NAN),
            ("/etc/passwd", DOB, 2009, 1.0, "", 1.0, NAN),
            variable="imdb",
        ),
        "wiki_crop/wiki.mat": mat(("d.jpg", 10.0, 2009, 1.0, "Dan", 1.0, NAN)),
        "imdb_crop/a.jpg": jpeg(1),
        "imdb_crop/b.jpg": jpeg(2),
        "imdb_crop/c.jpg": jpeg(3),
        "wiki_crop/d.jpg": jpeg(4),
        "wiki_crop/e.jpg": jpeg(5),
    }
    found = crawled(imdb_wiki, lay(tmp_path / "x", files))
    attempts = [attempt for each in found for attempt in each.attempts]
    assert [(each["url"].removeprefix("file:"), each["reason"]) for each in attempts] == [
        ("/etc/passwd", "no_picture"),
        ("imdb_crop/../wiki_crop/d.jpg", "no_picture"),
        ("imdb_crop/a.jpg", "invalid_date"),
        ("imdb_crop/b.jpg", "invalid_date"),
        ("imdb_crop/c.jpg", None),
        ("imdb_crop/c.jpg", "annotated_twice"),
        ("wiki_crop/d.jpg", "invalid_date"),
        ("wiki_crop/e.jpg", "no_annotation"),
    ]
    assert attempts[2]["detail"] == "dob nan"
    assert "gender" not in labels(found)["imdb_crop/c.jpg"]
    assert labels(found)["imdb_crop/c.jpg"]["faces_found"] == "0"
    assert "face_score" not in labels(found)["imdb_crop/c.jpg"]


@pytest.mark.parametrize(
    ("score", "second", "faces"),
    [(-math.inf, NAN, "0"), (2.0, NAN, "1"), (2.0, 1.5, "2"), (NAN, NAN, "")],
)
def test_faces_found(score: float, second: float, faces: str) -> None:
    assert imdb_wiki.faces_found(score, second) == faces


def test_days_of_matlab() -> None:
    assert imdb_wiki.birth_date(367.0) == datetime.date(1, 1, 1)
    assert imdb_wiki.birth_date(719_529.75) == datetime.date(1970, 1, 1)
    for dob in (NAN, math.inf, -1e300, 366.0, 1e9):
        with pytest.raises(Rejected, match="invalid_date"):
            imdb_wiki.birth_date(dob)
    for year in (NAN, -math.inf, 0.0, 10_000.0):
        with pytest.raises(Rejected, match="invalid_date"):
            imdb_wiki.middle_of_year(year)


HDF = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM" + bytes(384) + b"\x89HDF"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (HDF, r"version 7\.3 \(HDF5\); version 5 is read"),
        (b"", "not a .mat file of version 5"),
        (b"garbage " * 1000, "not a .mat file of version 5"),
        (mat(FRED)[:-400], "a damaged .mat file"),
        (mat(FRED)[:128], "holds no variable wiki"),
        (mat(FRED, variable="imdb"), "holds no variable wiki"),
        (mat(FRED, dob=None), "wiki must be one struct with a field dob"),
        (mat(FRED, gender=np.zeros((1, 2))), "fields of wiki differ in length: .*'gender': 2"),
    ],
)
def test_another_file_is_refused(content: bytes, told: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        matfile.read("wiki.mat", content, "wiki")
    assert str(caught.value).startswith("wiki.mat: ")
    assert "\n" not in str(caught.value)


def test_a_variable_that_is_no_struct_is_refused() -> None:
    file = io.BytesIO()
    savemat(file, {"wiki": np.zeros(3)})
    with pytest.raises(InputError, match="must be one struct"):
        matfile.read("wiki.mat", file.getvalue(), "wiki")


def test_a_bomb_is_refused_before_it_takes_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    savemat(file, {"wiki": np.zeros(1_000_000)}, do_compression=True)
    monkeypatch.setattr(matfile, "UNPACKED_BYTES", 3_000_000)
    with pytest.raises(InputError, match="unpacks to more than 3000000 bytes"):
        matfile.read("wiki.mat", file.getvalue(), "wiki")


def test_values_of_other_types_are_unknown() -> None:
    content = mat(FRED, gender=cell(["male"]), name=cell([3.0]), face_location=None)
    (row,) = matfile.read("wiki.mat", content, "wiki")
    assert math.isnan(row.gender)
    assert (row.name, row.face_location) == ("", ())


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"imdb\.mat or wiki\.mat is missing"):
        imdb_wiki.plan(lay(tmp_path / "x", {"a.jpg": jpeg(1)}), params())


def test_reasons_are_those_of_the_picture_too(tmp_path: Path) -> None:
    files = {"wiki.mat": mat(FRED), "00/fred.jpg": jpeg(1, (19, 30))}
    found = crawled(imdb_wiki, lay(tmp_path / "x", files, ".zip"))
    assert reasons(found) == {"00/fred.jpg": "too_small"}


def mutated(content: bytes, random: np.random.Generator) -> bytes:
    """A copy with up to eight bytes changed behind the header, mostly to the small or huge."""
    changed = bytearray(content)
    for at in random.integers(128, len(changed), random.integers(1, 9)):
        changed[at] = random.choice([0, 1, 5, 127, 255, random.integers(256)])
    return bytes(changed)


@pytest.mark.parametrize("seed", range(12))
def test_a_mutated_file_is_rows_or_one_line(seed: int) -> None:
    rows_or_one_line(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12, 200))
def test_many_mutated_files_are_rows_or_one_line(seed: int) -> None:
    rows_or_one_line(seed)


def rows_or_one_line(seed: int) -> None:
    content = mutated(mat(FRED, FRED), np.random.default_rng(seed))
    error = ""
    rows: list[matfile.Row] = []
    try:
        rows = matfile.read("wiki.mat", content, "wiki")
    except InputError as refused:
        error = str(refused)
    assert error == "" or (error.startswith("wiki.mat: ") and "\n" not in error)
    assert all(isinstance(row.full_path, str) for row in rows)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import os; os.kill(os.getpid(), 11)", r"a damaged .mat file \(its reader ended with -11"),
        ("while True: pass", "not read within 1 seconds"),
        ("from {reader} import _limit; _limit(9); bytearray(5 * 10**9)", "MemoryError"),
        ("from {reader} import _limit; _limit(1); \nwhile True: pass", "seconds|ended with -"),
        ("raise UnboundLocalError('byte_order')", r"\(UnboundLocalError: byte_order\)"),
    ],
)
def test_whatever_the_reader_does_is_one_line(
    code: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash, a hang, gigabytes or any error end the child process, and no other."""
    (tmp_path / "hostile.py").write_text(code.replace("{reader}", matfile.scipy_reader.__name__))
    program = tmp_path / "python"
    program.write_text(
        f"#!/bin/sh\nPYTHONPATH=$PYTHONPATH:{tmp_path} exec {sys.executable} -m hostile\n"
    )
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(matfile, "SECONDS", 1.0 if "while True" in code else 60.0)
    with pytest.raises(InputError, match=told) as caught:
        matfile.read("wiki.mat", mat(FRED), "wiki")
    assert "\n" not in str(caught.value)
