"""UTKFace: labels from names, and every file reported."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from stages.core.labels.known import AGE, GENDER, RACE
from stages.core.program import InputError
from stages.core.store import Store
from stages.pictures.decoder import Rejected
from stages.scrape.datasets.reading import Annotation, Item
from stages.scrape.sources import utkface
from tests.scrape.sources.data_sets import FORMS, crawled, jpeg, labels, lay, params, real, reasons

TIME = "20170109150557335"


def known(age: int, gender: str, race: str) -> Annotation:
    return Annotation(None, {"age": str(age), "gender": gender, "race": race})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (f"1_0_0_{TIME}.jpg.chip.jpg", known(1, "male", "white")),
        (f"x/y/116_1_1_{TIME}.jpg", known(116, "female", "black")),
        (f"0_0_2_{TIME}.jpg", known(0, "male", "asian")),
        (f"25_0_3_{TIME}.jpg", known(25, "male", "indian")),
        ("14_0_4_2017011022340900.jpg.chip.jpg", known(14, "male", "other")),  # as in the data set
        ("24_0_1_20170116220224657 .jpg.chip.jpg", known(24, "male", "black")),  # likewise
    ],
)
def test_a_name_is_its_labels(name: str, expected: Annotation) -> None:
    assert utkface.describe(Item(name)) == expected


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (f"61_1_{TIME}.jpg.chip.jpg", "malformed_name"),  # as in the data set
        ("55_0_0_20170116232725357jpg.chip.jpg", "malformed_name"),  # likewise
        (f"-1_0_0_{TIME}.jpg", "malformed_name"),
        (f"1_0_0_{TIME}.png", "malformed_name"),
        ("readme.txt", "malformed_name"),
        (f"١_0_0_{TIME}.jpg", "malformed_name"),
        (f"117_0_0_{TIME}.jpg", "label_out_of_range"),
        ("9" * 5000 + f"_0_0_{TIME}.jpg", "label_out_of_range"),
        (f"1_2_0_{TIME}.jpg", "label_out_of_range"),
        (f"1_1_5_{TIME}.jpg", "label_out_of_range"),
    ],
)
def test_a_name_that_makes_no_sense_says_so(name: str, reason: str) -> None:
    with pytest.raises(Rejected) as caught:
        utkface.describe(Item(name))
    assert caught.value.reason == reason


@for_all(st.text() | st.from_regex(utkface._FILE))
def test_every_name_has_labels_in_range_or_a_reason(name: str) -> None:
    try:
        found = utkface.describe(Item(name)).metadata
    except Rejected as rejected:
        found = {"reason": rejected.reason}
    if "reason" in found:
        assert found["reason"] in {"malformed_name", "label_out_of_range"}
        return
    assert 0 <= int(found["age"]) <= AGE.high
    assert found["gender"] in GENDER.classes
    assert found["race"] in RACE.classes


@pytest.mark.parametrize("suffix", FORMS)
def test_every_file_ends_as_a_row_or_a_reason(tmp_path: Path, suffix: str) -> None:
    good = jpeg(1)
    files = {
        "U/1_0_0_1.jpg": good,
        "U/1_0_0_2.jpg": good,  # the same labels: one is enough
        "U/2_0_0_3.jpg": good,  # another age: which is right is for validate
        "U/3_1_1_4.jpg": jpeg(2)[:-100],
        "U/4_1_9_5.jpg": jpeg(3),
        "U/5_1_1_6.jpg": bytes(100_001),
        "U/6_1_1_7.jpg": jpeg(4, (19, 40)),
        "U/7_1_20.jpg": jpeg(5),
    }
    found = crawled(utkface, lay(tmp_path / "utk", files, suffix), files_per_partition=3)
    assert [each.partition.name for each in found] == ["part-00000", "part-00001", "part-00002"]
    assert reasons(found) == {
        "U/1_0_0_1.jpg": None,
        "U/1_0_0_2.jpg": "duplicate",
        "U/2_0_0_3.jpg": None,
        "U/3_1_1_4.jpg": "truncated",
        "U/4_1_9_5.jpg": "label_out_of_range",
        "U/5_1_1_6.jpg": "too_large",
        "U/6_1_1_7.jpg": "too_small",
        "U/7_1_20.jpg": "malformed_name",
    }
    assert labels(found) == {
        "U/1_0_0_1.jpg": {"age": "1", "gender": "male", "race": "white"},
        "U/2_0_0_3.jpg": {"age": "2", "gender": "male", "race": "white"},
    }
    row = found[0].images[0]
    assert row["image_id"] == hashlib.sha256(good).hexdigest()
    assert row["image"]["bytes"] == good
    assert row["identity"] is None


def test_a_partition_depends_on_its_own_files(tmp_path: Path) -> None:
    files = {f"{age}_0_0_1.jpg": jpeg(age) for age in range(4)}
    small = params(files_per_partition=2)
    before = utkface.plan(lay(tmp_path / "a", files, ".zip"), small)
    again = utkface.plan(lay(tmp_path / "b", files), small)
    after = utkface.plan(lay(tmp_path / "c", files | {"3_0_0_1.jpg": jpeg(9)}, ".zip"), small)
    assert [one.fingerprint for one in before] == [one.fingerprint for one in again]
    same = [one.fingerprint == two.fingerprint for one, two in zip(before, after, strict=True)]
    assert same == [True, False]


def test_a_file_that_changes_meanwhile_is_not_remembered(tmp_path: Path) -> None:
    root = lay(tmp_path / "a", {"1_0_0_1.jpg": jpeg(1)})
    partitions = utkface.plan(root, params())
    (root / "1_0_0_1.jpg").write_bytes(jpeg(2))
    (each,) = utkface.crawl(partitions, root, params(), Store(tmp_path))
    assert [row["reason"] for row in each.attempts] == ["changed"]
    assert not each.final


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no file; source utkface needs UTKFace's pictures"):
        utkface.plan(tmp_path, params())


@pytest.mark.slow
def test_the_real_ones() -> None:
    found = crawled(utkface, real("utkface64.zip"), min_picture_side=32)
    counts = Counter(reason for each in found for reason in reasons([each]).values())
    assert counts == {None: 23_587, "duplicate": 117, "malformed_name": 4}
    genders = Counter(each["gender"] for each in labels(found).values())
    assert genders == {"male": 12_334, "female": 11_253}
