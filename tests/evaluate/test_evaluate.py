"""The files that `evaluate` writes, of a model that was never trained."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from stages.core.labels.known import LABELS
from stages.core.program import InputError
from stages.evaluate import __main__ as evaluate
from stages.tools.compare import predictions
from stages.train.models import plain
from tests.models_fixture import save
from tests.shards_fixture import LABELED, draw, trial, write

PARAMS = evaluate.Params(
    split="test", batch_size=16, tta_views=2, age_edges=[20, 60], worst_mistakes=4
)
FILES = [
    "by_group.json",
    "metrics.json",
    "mistakes.png",
    "plots/confusion.csv",
    "plots/cumulative-score.csv",
    "plots/precision-recall.csv",
    "plots/roc.csv",
    "predictions.parquet",
]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    trial(folder / "tfrecord", train=24, other=24)
    save(plain.build(32, [LABELS[name] for name in LABELED]), folder / "model.keras")
    return folder


@pytest.fixture(scope="module")
def out(inputs: Path) -> Path:
    evaluate.main("plain", inputs / "model.keras", inputs / "tfrecord", inputs / "out", PARAMS)
    return inputs / "out"


def test_all_files_and_no_others(out: Path) -> None:
    found = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    assert found == FILES


def test_figures_agree_with_the_predictions(out: Path) -> None:
    figures = json.loads((out / "metrics.json").read_text())
    rows = pq.read_table(out / "predictions.parquet").to_pylist()
    assert figures["n"] == len(rows) == 24
    known = [row for row in rows if row["gender"] is not None]
    right = [row["gender"] == row["gender_predicted"] for row in known]
    assert figures["gender"]["n"] == len(known)
    assert figures["gender"]["accuracy"] == pytest.approx(np.mean(right))
    ages = [abs(row["age"] - row["age_predicted"]) for row in rows if row["age"] is not None]
    assert figures["age"]["mae"] == pytest.approx(np.mean(ages), rel=1e-5)
    expected = draw(24, LABELED, 32, seed=2)
    assert [row["face_id"] for row in rows] == [row["face_id"] for row in expected]
    assert [row["gender"] for row in rows] == [row["gender"] for row in expected]


def test_confusion_has_a_row_per_known_example(out: Path) -> None:
    with (out / "plots" / "confusion.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["label"] == "gender"]
    assert len(rows) == json.loads((out / "metrics.json").read_text())["gender"]["n"]
    assert {row["actual"] for row in rows} == {"male", "female"}


def test_json_has_no_nan(out: Path) -> None:
    for path in out.glob("*.json"):
        assert "NaN" not in path.read_text()


def test_the_gallery_is_a_picture(out: Path) -> None:
    with Image.open(out / "mistakes.png") as page:
        assert page.size[0] > 4 * 96
        assert page.size[1] > 3 * 96


def test_the_same_inputs_give_the_same_bytes(inputs: Path, out: Path) -> None:
    again = inputs / "again"
    evaluate.main("plain", inputs / "model.keras", inputs / "tfrecord", again, PARAMS)
    for file in FILES:
        assert (again / file).read_bytes() == (out / file).read_bytes(), file


class Corner:
    """Answers with the first pixel of a picture."""

    def predict_on_batch(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        return {"corner": pictures[:, 0, 0, :1]}


@pytest.mark.parametrize(("count", "mean"), [(1, 0), (2, 4)])
def test_answers_to_a_face_and_its_mirror_image_are_averaged(count: int, mean: float) -> None:
    pictures = np.zeros((1, 2, 2, 3), np.float32)
    pictures[:, :, 1] = 8
    assert evaluate.predict(Corner(), [(pictures, {})], count)["corner"] == [[mean]]


def test_ten_views_are_five_places_and_their_mirror_images() -> None:
    picture = np.zeros((1, 40, 40, 1), np.float32)
    picture[0, 10, 20] = 1
    seen = [tuple(np.argwhere(view[0, :, :, 0])[0]) for view in evaluate.views(picture, 10)]
    places = [(10, 20), (11, 21), (11, 19), (9, 21), (9, 19)]
    assert seen == [each for y, x in places for each in ((y, x), (y, 39 - x))]


def test_an_empty_split_stops_with_a_line(inputs: Path, tmp_path: Path) -> None:
    shards = write(tmp_path / "shards", {"train": draw(3, LABELED, 32, 0)}, LABELED, 32)
    with pytest.raises(InputError, match="split 'test' has no examples"):
        evaluate.main("plain", inputs / "model.keras", shards, tmp_path / "out", PARAMS)


def test_faces_of_nobody_known_are_not_one_person(inputs: Path, tmp_path: Path) -> None:
    rows = [row | {"identity": None} for row in draw(4, LABELED, 32, 0)]
    named = draw(4, LABELED, 32, 1)
    shards = write(tmp_path / "shards", {"train": named, "test": rows[:2] + named}, LABELED, 32)
    evaluate.main("plain", inputs / "model.keras", shards, tmp_path / "out", PARAMS)
    table = pq.read_table(tmp_path / "out/predictions.parquet")
    people = [row["identity"] for row in named]
    assert table["identity"].to_pylist() == [None, None, *people]
    found = predictions.read(table, [])
    assert len(set(found.people)) == 2 + len(set(people))


def test_a_file_that_is_no_model(inputs: Path, tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_text("no")
    with pytest.raises(InputError, match="not a trained model"):
        evaluate.main("plain", tmp_path / "model.keras", inputs / "tfrecord", tmp_path, PARAMS)


def test_grey_pictures_that_are_not_square(tmp_path: Path) -> None:
    shards = trial(tmp_path / "tfrecord", train=8, other=8)
    save(plain.build((32, 24), [LABELS[name] for name in LABELED], 1), tmp_path / "model.keras")
    evaluate.main("plain", tmp_path / "model.keras", shards, tmp_path / "out", PARAMS)
    assert (tmp_path / "out/mistakes.png").is_file()


def test_many_labels_are_summed_up_by_their_mean() -> None:
    few = {"n": 9, "age": {"mae": 4.0}, "gender": {"accuracy": 0.5}}
    assert evaluate.summary(few) == "age 4, gender 0.5"
    many = few | {f"b{n}": {"accuracy": n / 10} for n in range(9)}
    assert evaluate.summary(many) == "age 4, mean accuracy of 10 0.41"
