"""Names of files as disks and archives have them: any bytes, letters composed or not."""

import logging
import os
import unicodedata
from pathlib import Path
from types import ModuleType

import pytest

from stages.scrape.sources import celeba, class_folders, folder, imdb_wiki
from tests.scrape.sources.data_sets import FORMS, crawled, jpeg, labels, lay, params, reasons
from tests.scrape.sources.test_celeba import ANNOTATIONS, row, table
from tests.scrape.sources.test_imdb_wiki import DOB, NAN, mat

NAMES = {
    b"caf\xe9.jpg": "caf%E9.jpg",  # Latin-1
    b"\xb1\xe8.jpg": "%B1%E8.jpg",  # CP949
    b"caf%E9.jpg": "caf%25E9.jpg",
    b"new\nline.jpg": "new%0Aline.jpg",
    b"tab\t.jpg": "tab%09.jpg",
    b"return\r.jpg": "return%0D.jpg",
    b"escape\x1b[31m.jpg": "escape%1B[31m.jpg",
    "turn\u202egpj.exe".encode(): "turn%E2%80%AEgpj.exe",
    "😀 홍길동.jpg".encode(): "😀 홍길동.jpg",
    b"quote\"'`$(x);.jpg": "quote\"'`$(x);.jpg",
    b" blanks .jpg ": " blanks .jpg ",
    b"a" * 255: "a" * 255,
    ("é" * 127).encode(): "é" * 127,
    b"\xff" * 255: "%FF" * 255,
}


@pytest.mark.parametrize("suffix", ["", ".tar", ".tar.gz"])
def test_any_name_is_a_row_whose_url_shows_it(tmp_path: Path, suffix: str) -> None:
    files = {f"sad/{os.fsdecode(name)}": jpeg(place) for place, name in enumerate(NAMES)}
    given = lay(tmp_path / "x", files, suffix)
    assert reasons(crawled(class_folders, given)) == {
        f"sad/{name}": None for name in NAMES.values()
    }


def test_a_zips_names_of_another_encoding_are_rows_too(tmp_path: Path) -> None:
    """Without its mark of UTF-8 a zip's names are of no known encoding: read as CP437."""
    given = lay(tmp_path / "x", {f"sad/?{n}\n{n}.jpg": jpeg(n) for n in (1, 2)}, ".zip")
    given.write_bytes(given.read_bytes().replace(b"?1", b"\xb11").replace(b"?2", b"\xe82"))
    assert reasons(crawled(class_folders, given)) == {
        "sad/▒1%0A1.jpg": None,
        "sad/Φ2%0A2.jpg": None,
    }


def test_people_of_undecodable_names_keep_apart(tmp_path: Path) -> None:
    people = [os.fsdecode(name) for name in (b"a\xe8", b"a\xe9", b"\xe8a", b"a")]
    files = {f"{person}/1.jpg": jpeg(place) for place, person in enumerate(people)}
    found = crawled(folder, lay(tmp_path / "x", files))
    assert len({image["identity"] for each in found for image in each.images}) == 4


COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "홍길동_Zoë.jpg") for form in ("NFC", "NFD"))
WRITINGS = [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED), (DECOMPOSED, DECOMPOSED)]


@pytest.mark.parametrize("suffix", FORMS)
@pytest.mark.parametrize(("annotated", "named"), WRITINGS)
@pytest.mark.parametrize("source", [celeba, imdb_wiki])
def test_letters_composed_or_not_are_one_name(
    tmp_path: Path, source: ModuleType, annotated: str, named: str, suffix: str
) -> None:
    if source is celeba:
        files = {
            ANNOTATIONS: table(row(annotated, "male")),
            "list_eval_partition.txt": f"{annotated} 2\n".encode(),
            f"img_align_celeba/{named}": jpeg(1),
        }
        expected = {"gender": "male", "official_split": "test"}
    else:
        rows = mat((f"{annotated}.d/{annotated}", DOB, 2009, 1.0, "Ann", 4.5, NAN))
        files = {"wiki.mat": rows, f"{named}.d/{named}": jpeg(1)}
        expected = {"gender": "male"}
    found = labels(crawled(source, lay(tmp_path / "x", files, suffix)))
    (metadata,) = found.values()
    assert {name: metadata.get(name) for name in expected} == expected


def test_what_does_not_match_is_logged_with_count_and_examples(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    rows = table(*(row(f"{number}.jpg") for number in range(9)))
    files = {ANNOTATIONS: rows, "img_align_celeba/x\n.jpg": jpeg(1)}
    celeba.plan(lay(tmp_path / "celeba", files), params())
    wiki = {"wiki.mat": mat(("00/a.jpg", DOB, 2009, 1.0, "Ann", 4.5, NAN)), "00/b.jpg": jpeg(1)}
    imdb_wiki.plan(lay(tmp_path / "wiki", wiki), params())
    class_folders.plan(lay(tmp_path / "f", {"sad/1.jpg": jpeg(1), "sda/2.jpg": jpeg(2)}), params())
    assert caplog.messages == [
        "celeba: 9 annotations without a picture: 0.jpg, 1.jpg, 2.jpg, 3.jpg, 4.jpg",
        "celeba: 1 pictures without an annotation: img_align_celeba/x%0A.jpg",
        "imdb_wiki: 1 annotations without a picture: 00/a.jpg",
        "imdb_wiki: 1 pictures without an annotation: 00/b.jpg",
        "class_folders: 1 files in folders of no class: sda/2.jpg",
    ]
