"""Class folders and FER2013's CSV: which class is which, and what is none."""

import hashlib
import io
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from stages.core.program import InputError
from stages.scrape.sources import class_folders
from stages.scrape.sources.class_folders import pixel_rows
from stages.scrape.sources.class_folders.class_names import classes_of
from tests.scrape.sources.data_sets import FORMS, crawled, jpeg, labels, lay, params, real, reasons

GREY = " ".join(["7"] * 2304)


@pytest.mark.parametrize("suffix", FORMS)
@pytest.mark.parametrize("around", ["", "fer/"])
def test_the_folder_is_the_class(tmp_path: Path, suffix: str, around: str) -> None:
    files = {
        f"{around}train/Anger/1.jpg": jpeg(1),
        f"{around}Validation/happiness/2.jpg": jpeg(2),
        f"{around}PublicTest/sad/3.jpg": jpeg(3),
        f"{around}test/sad/4.jpg": jpeg(4),
        f"{around}neutral/5.jpg": jpeg(5),
    }
    found = crawled(class_folders, lay(tmp_path / "x", files, suffix))
    assert labels(found) == {
        f"{around}train/Anger/1.jpg": {"expression": "angry", "official_split": "train"},
        f"{around}Validation/happiness/2.jpg": {
            "expression": "happy",
            "official_split": "validation",
        },
        f"{around}PublicTest/sad/3.jpg": {"expression": "sad", "official_split": "validation"},
        f"{around}test/sad/4.jpg": {"expression": "sad", "official_split": "test"},
        f"{around}neutral/5.jpg": {"expression": "neutral"},
    }
    assert {image["identity"] for each in found for image in each.images} == {None}


def test_a_copy_in_train_and_test_is_one_picture(tmp_path: Path) -> None:
    files = {"test/sad/1.jpg": jpeg(1), "train/sad/1.jpg": jpeg(1), "train/fear/1.jpg": jpeg(1)}
    assert reasons(crawled(class_folders, lay(tmp_path / "x", files))) == {
        "test/sad/1.jpg": None,
        "train/fear/1.jpg": None,  # which class is right is for validate to say
        "train/sad/1.jpg": "duplicate",
    }


@pytest.mark.parametrize("suffix", FORMS)
def test_unknown_and_empty_classes_are_reported(tmp_path: Path, suffix: str) -> None:
    files = {
        "sad/1.jpg": jpeg(1),
        "contempt/2.jpg": jpeg(2),
        "notes.txt": b"?",
        "sad/no.jpg": b"?",
    }
    given = lay(tmp_path / "x", files | ({"fear/": b""} if suffix else {}), suffix)
    if not suffix:
        (given / "fear").mkdir()
    assert reasons(crawled(class_folders, given)) == {
        "contempt/2.jpg": "unknown_class",
        "fear": "empty_class",
        "notes.txt": "unknown_class",
        "sad/1.jpg": None,
        "sad/no.jpg": "not_an_image",
    }


def test_the_label_is_the_one_that_knows_most_names() -> None:
    assert classes_of("x", ["Women", "man"]) == ("gender", {"Women": "female", "man": "male"})
    assert classes_of("x", ["dog", "cat", "black"])[0] == "look_alike"
    assert classes_of("x", ["train", "sad"]) == ("expression", {"sad": "sad"})


@pytest.mark.parametrize(
    ("folders", "told"),
    [
        (["0", "1"], r"class folders \['0', '1'\] are classes of no label: gender: male, female;"),
        (["angry", "Anger"], "'Anger' and 'angry' both mean expression = angry; name them alike"),
        (["sad", "cat"], "could be of expression or look_alike"),
    ],
)
def test_names_that_cannot_be_classes_are_refused(folders: list[str], told: str) -> None:
    with pytest.raises(InputError, match=told):
        classes_of("x", folders)


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no file; source class_folders needs a folder per"):
        class_folders.plan(tmp_path, params())


def csv(folder: Path, text: str) -> Path:
    path = folder / "fer2013.csv"
    path.write_text(text)
    return path


def test_pixels_become_pictures(tmp_path: Path) -> None:
    pixels = " ".join(str(number % 256) for number in range(2304))
    text = f'emotion,pixels,Usage\n0,{pixels},Training\r\n6,"{GREY}",PrivateTest\n'
    found = crawled(class_folders, csv(tmp_path, text), files_per_partition=1)
    assert labels(found) == {
        "fer2013.csv/00000002": {"expression": "angry", "official_split": "train"},
        "fer2013.csv/00000003": {"expression": "neutral", "official_split": "test"},
    }
    picture = Image.open(io.BytesIO(found[0].images[0]["image"]["bytes"]))
    assert (picture.format, picture.mode, picture.size) == ("PNG", "L", (48, 48))
    assert picture.tobytes() == bytes(number % 256 for number in range(2304))


def test_the_bytes_of_a_picture_are_for_ever() -> None:
    encoded = pixel_rows.encode(bytes(number % 256 for number in range(2304)))
    assert hashlib.sha256(encoded).hexdigest()[:16] == "86ace6f1904ddcab"


def test_rows_that_make_no_sense_are_reported(tmp_path: Path) -> None:
    rows = [
        f"3,{GREY},Training",
        f"3,{GREY},PublicTest",
        f"7,{GREY},Training",
        f"-1,{GREY},Training",
        f"3,{GREY} 7,Training",
        f"3,{GREY[:-1]}256,Training",
        f"3,{GREY[:-1]}x,Training",
        "3,,Training",
        f"3,{GREY}",
        "",
        '3,"7 7,Training',
        "3," + "7 " * 20_000 + ",Training",
        f"4,{GREY},Training",
    ]
    found = crawled(class_folders, csv(tmp_path, "\n".join(["emotion,pixels,Usage", *rows])))
    assert reasons(found) == {
        "fer2013.csv/00000002": None,
        "fer2013.csv/00000003": "duplicate",
        "fer2013.csv/00000004": "label_out_of_range",
        "fer2013.csv/00000005": "label_out_of_range",
        "fer2013.csv/00000006": "malformed_row",
        "fer2013.csv/00000007": "malformed_row",
        "fer2013.csv/00000008": "malformed_row",
        "fer2013.csv/00000009": "malformed_row",
        "fer2013.csv/00000010": "malformed_row",
        "fer2013.csv/00000012": "malformed_row",
        "fer2013.csv/00000013": "malformed_row",
        "fer2013.csv/00000014": None,
    }


@pytest.mark.parametrize("header", ["", "pixels,Usage", "a,b,c", "emotion,emotion,pixels"])
def test_another_csv_is_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(InputError, match=r"fer2013\.csv:1: FER2013's columns are emotion, pixels"):
        class_folders.plan(csv(tmp_path, header + "\n"), params())


@pytest.mark.slow
def test_the_real_ones() -> None:
    found = crawled(class_folders, real("fer2013.zip"), min_picture_side=32)
    counts = Counter(attempt["reason"] for each in found for attempt in each.attempts)
    assert counts == {None: 29_538, "duplicate": 1_329}
    assert Counter(each["expression"] for each in labels(found).values())["disgust"] == 411
