"""Batches out of shards: what they hold, their order, their variations."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stages.core.labels.kinds import Category
from stages.core.labels.known import GENDER, LABELS
from stages.core.program import InputError
from stages.formats import tfrecord
from stages.formats.batches import dataset, labeled_size
from stages.train import augment
from stages.train.augment import Augment, vary
from tests.shards_fixture import LABELED, draw, trial, write

LABELS_HERE = [LABELS[name] for name in LABELED]
STILL = Augment(flip=False, shift=0, zoom=0, brightness=0, contrast=0, cutout=0)
LIVELY = Augment(flip=True, shift=0.1, zoom=0.1, brightness=0.2, contrast=0.2, cutout=0.3)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trial(tmp_path_factory.mktemp("shards") / "tfrecord", train=70, other=10)


def batches(shards: Path, split: str = "train", batch: int = 32, **how: Any) -> list[Any]:
    if augment := how.pop("augment", None):
        how["augment"] = lambda faces, seed: vary(faces, augment, seed)
    read = dataset(shards, split, LABELS_HERE, how.pop("size", 32), batch, **how)
    return list(read.as_numpy_iterator())


def same(left: list[Any], right: list[Any]) -> bool:
    pairs = list(zip(left, right, strict=True))
    return all(
        np.array_equal(x, u) and all(np.array_equal(y[n], v[n], equal_nan=True) for n in y)
        for (x, y), (u, v) in pairs
    )


def test_shapes_and_types(shards: Path) -> None:
    found = batches(shards)
    assert [pictures.shape for pictures, _ in found] == [(32, 32, 32, 3)] * 2 + [(6, 32, 32, 3)]
    pictures, targets = found[0]
    assert pictures.dtype == np.float32
    assert 150 < pictures.max() <= 255
    assert {name: column.dtype.name for name, column in targets.items()} == {
        "age": "float32",
        "gender": "int32",
        "eyeglasses": "int32",
    }


def test_missing_labels_keep_their_mark(shards: Path) -> None:
    rows = draw(70, LABELED, 32, seed=0)
    found = batches(shards, batch=70)[0][1]
    ages = [np.nan if row["age"] is None else row["age"] for row in rows]
    np.testing.assert_array_equal(found["age"], np.array(ages, np.float32))
    genders = [-1 if row["gender"] is None else GENDER.classes.index(row["gender"]) for row in rows]
    assert found["gender"].tolist() == genders
    assert -1 in found["eyeglasses"]
    assert set(found["eyeglasses"]) == {-1, 0, 1}


def test_pictures_are_resized_to_what_is_asked(shards: Path) -> None:
    assert batches(shards, size=24)[0][0].shape == (32, 24, 24, 3)


def test_the_middle_of_a_square_where_a_picture_was_not_one(shards: Path) -> None:
    whole, part = batches(shards)[0][0], batches(shards, size=(32, 24))[0][0]
    np.testing.assert_array_equal(part, whole[:, :, 4:28])


def test_grey_is_brightness(shards: Path) -> None:
    colored, grey = batches(shards)[0][0], batches(shards, channels=1)[0][0]
    assert grey.shape == (32, 32, 32, 1)
    expected = colored @ np.array([0.299, 0.587, 0.114], np.float32)
    assert np.abs(grey[..., 0] - expected).max() < 4  # rounding, and colours cut off at 0


@pytest.mark.parametrize("size", [(32, 24), (24, 32)])
def test_what_is_not_square_is_varied_within_its_sides(shards: Path, size: tuple[int, int]) -> None:
    left = batches(shards, size=size, channels=1)[0][0]
    flipped = STILL.model_copy(update={"flip": True})
    changed = batches(shards, size=size, channels=1, augment=flipped)[0][0]
    for before, after in zip(left, changed, strict=True):
        assert np.array_equal(after, before) or np.array_equal(after, before[:, ::-1])
    moved = batches(shards, size=size, channels=1, augment=LIVELY)[0][0]
    assert moved.shape == (32, *size, 1)


@pytest.mark.parametrize("cache", [False, True])
def test_a_seed_gives_the_same_batches_on_every_run(shards: Path, cache: bool) -> None:
    how: dict[str, Any] = {"augment": LIVELY, "shuffle_seed": 0, "cache": cache}
    first = batches(shards, **how, epochs=range(3))
    assert same(first, batches(shards, **how, epochs=range(3)))
    assert not same(first, batches(shards, **how | {"shuffle_seed": 1}, epochs=range(3)))


@pytest.mark.parametrize("cache", [False, True])
def test_later_epochs_do_not_depend_on_earlier_ones(shards: Path, cache: bool) -> None:
    how: dict[str, Any] = {"augment": LIVELY, "shuffle_seed": 4, "cache": cache}
    whole = batches(shards, **how, epochs=range(4))
    assert len(whole) == 12
    assert same(whole[6:], batches(shards, **how, epochs=range(2, 4)))


def test_every_epoch_has_every_example_once_in_another_order(shards: Path) -> None:
    found = batches(shards, shuffle_seed=1, epochs=range(2))
    first, second = (
        np.concatenate([targets["age"] for _, targets in part]) for part in (found[:3], found[3:])
    )
    assert not np.array_equal(first, second, equal_nan=True)
    np.testing.assert_array_equal(np.sort(first), np.sort(second))


def test_pictures_and_labels_stay_together_when_shuffled(shards: Path) -> None:
    for pictures, targets in batches(shards, shuffle_seed=5):
        for picture, age in zip(pictures, targets["age"], strict=True):
            if not np.isnan(age):  # the first stripe is as bright as the age is high
                assert abs(picture[:10].mean() - 20 - 200 * age / 116) < 12


def test_no_variation_leaves_pictures_as_they_are(shards: Path) -> None:
    assert same(batches(shards), batches(shards, augment=STILL))


def test_flip_gives_the_picture_or_its_mirror_image(shards: Path) -> None:
    flipped = batches(shards, augment=STILL.model_copy(update={"flip": True}))
    mirrored = 0
    for (pictures, _), (changed, _) in zip(batches(shards), flipped, strict=True):
        for before, after in zip(pictures, changed, strict=True):
            turned = np.array_equal(after, before[:, ::-1])
            assert turned or np.array_equal(after, before)
            mirrored += turned
    assert 20 < mirrored < 50  # of 70


def test_shift_moves_by_whole_pixels_and_repeats_edges(shards: Path) -> None:
    moved = batches(shards, augment=STILL.model_copy(update={"shift": 0.1}))
    seen = set()
    for (pictures, _), (changed, _) in zip(batches(shards), moved, strict=True):
        for before, after in zip(pictures, changed, strict=True):
            wide = np.pad(before, ((3, 3), (3, 3), (0, 0)), mode="edge")
            places = [
                (x, y)
                for x in range(7)
                for y in range(7)
                if np.array_equal(after, wide[y : y + 32, x : x + 32])
            ]
            assert places
            seen.add(places[0])
    assert len(seen) > 10


def test_brightness_and_contrast_stay_in_range(shards: Path) -> None:
    lit = batches(shards, augment=STILL.model_copy(update={"brightness": 0.5, "contrast": 0.9}))
    for (pictures, _), (changed, _) in zip(batches(shards), lit, strict=True):
        assert changed.min() >= 0
        assert changed.max() <= 255
        assert len(np.unique((changed - pictures).mean(axis=(1, 2, 3)).round(3))) > 5


@pytest.mark.parametrize(
    ("factor", "places"), [(0.5, [1, 1, 2, 2]), (1.0, [0, 1, 2, 3]), (1.5, [0, 1, 2, 3])]
)
def test_zoom_shows_so_much_round_the_middle(factor: float, places: list[int]) -> None:
    picture = np.arange(16, dtype=np.uint8).reshape(1, 4, 4, 1)
    still = np.zeros(1, np.float32)
    moved = augment._move(picture, None, still, still, np.array([factor], np.float32))
    np.testing.assert_array_equal(moved[0], picture[0][places][:, places])


def test_zoom_draws_a_factor_for_each_picture(shards: Path) -> None:
    zoomed = batches(shards, augment=STILL.model_copy(update={"zoom": 0.5}))
    (before, _), (after, _) = batches(shards)[0], zoomed[0]
    np.testing.assert_array_equal(after[:, 15:17, 15:17], before[:, 15:17, 15:17])
    same = (after == before).mean(axis=(1, 2, 3))
    assert len(np.unique(same)) > 10


def test_cutout_leaves_a_square_hole_of_the_mean(shards: Path) -> None:
    cut = batches(shards, augment=STILL.model_copy(update={"cutout": 0.5}))
    sides = set()
    for (pictures, _), (changed, _) in zip(batches(shards), cut, strict=True):
        for before, after in zip(pictures, changed, strict=True):
            hole = np.ptp(after - before.mean(), axis=-1) + np.abs(after - before.mean()).sum(-1)
            rows, columns = (np.flatnonzero((hole < 0.01).any(axis)) for axis in (1, 0))
            outside = np.ones((32, 32), bool)
            outside[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = False
            assert (hole < 0.01)[~outside].all()
            np.testing.assert_array_equal(after[outside], before[outside])
            sides.add((len(rows), len(columns)))
    assert max(sides) == (16, 16)
    assert len(sides) > 5  # part of some lies outside


def test_examples_of_which_no_label_is_known_are_passed_over(tmp_path: Path) -> None:
    rows = [row | {"gender": None} for row in draw(9, LABELED, 32, 0)]
    for number in (1, 4, 8):
        rows[number] |= {"age": None}
    shards = write(tmp_path / "shards", {"train": rows}, LABELED, 32)
    labels = [LABELS["age"], LABELS["gender"]]
    known = [row["age"] for row in rows if row["age"] is not None]
    assert labeled_size(tfrecord.open_shards(shards), "train", labels) == len(known)
    assert labeled_size(tfrecord.open_shards(shards), "train", labels[1:]) == 0
    for cache in (False, True):
        read = dataset(
            shards, "train", labels, 32, 4, cache=cache, epochs=range(2), labeled_only=True
        )
        ages = [targets["age"].tolist() for _, targets in read.as_numpy_iterator()]
        assert [age for batch in ages for age in batch] == known * 2
        assert [len(batch) for batch in ages[:2]] == [4, len(known) - 4]


def test_columns_are_whole_and_in_the_order_of_the_batches(shards: Path) -> None:
    found = tfrecord.columns(tfrecord.open_shards(shards), "train", ["face_id", "age"])
    assert found["face_id"].tolist() == [f"0-{number}" for number in range(70)]
    np.testing.assert_array_equal(found["age"], batches(shards, batch=70)[0][1]["age"])


def test_known_tells_marks_from_values() -> None:
    assert tfrecord.known(np.array([np.nan, 0, 3.5])).tolist() == [False, True, True]
    assert tfrecord.known(np.array([-1, 0, 2])).tolist() == [False, True, True]


def test_a_split_that_is_missing(tmp_path: Path) -> None:
    shards = write(tmp_path / "shards", {"train": draw(3, LABELED, 32, 0)}, LABELED, 32)
    assert tfrecord.size(tfrecord.open_shards(shards), "test") == 0
    assert tfrecord.columns(tfrecord.open_shards(shards), "test", ["age"])["age"].tolist() == []
    with pytest.raises(InputError, match="split 'test' has no examples"):
        batches(shards, "test")


def test_a_folder_without_shards(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"holds no shards \(no features\.json\); run `dvc repro shard`"
    ):
        tfrecord.open_shards(tmp_path)


def test_a_label_the_shards_lack(shards: Path) -> None:
    with pytest.raises(InputError, match="'race' is not in the shards, which have: age"):
        dataset(shards, "train", [LABELS["race"]], 32, 8)


def test_a_label_with_other_classes(shards: Path) -> None:
    other = Category("gender", ("female", "male"))
    with pytest.raises(InputError, match="other classes"):
        dataset(shards, "train", [other], 32, 8)
