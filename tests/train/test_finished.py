"""A training is known again by what it reads; only what it reads trains it again."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stages.core.labels import kinds, known
from stages.core.labels.known import LABELS
from stages.core.program import InputError
from stages.core.store import Store
from stages.formats import tfrecord
from stages.network.card import Card
from stages.train import __main__ as train
from stages.train import finished, fitting
from stages.train.models import plain
from stages.train.params import Params
from tests.models_fixture import CROP
from tests.shards_fixture import LABELED, draw, write
from tests.train.test_train import params

Rows = dict[str, list[dict[str, Any]]]
OTHERS = ("wearing_hat", "race")  # in some shards, and never trained here


def rows() -> Rows:
    labels = (*LABELED, *OTHERS)
    return {
        "train": draw(70, labels, 32, 0),
        "validation": draw(9, labels, 32, 1),
        "test": draw(9, labels, 32, 2),
    }


def changed(split: str, number: int, **values: Any) -> Rows:
    everything = rows()
    everything[split][number] |= values
    return everything


def swapped() -> Rows:
    everything = rows()
    first, second, *others = everything["train"]
    return everything | {"train": [second, first, *others]}


def key(folder: Path, content: Rows, columns: tuple[str, ...] = LABELED, **changes: Any) -> str:
    builder = tfrecord.open_shards(write(folder, content, columns, 32))
    labels = [LABELS[name] for name in LABELED]
    return finished.cache_key("plain", builder, Card(tuple(labels), CROP), params(**changes))


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> str:
    return key(tmp_path_factory.mktemp("usual") / "shards", rows())


OTHER_FACE = {"face": {"bytes": draw(1, LABELED, 32, 9)[0]["face"]["bytes"]}}
SAME: dict[str, Callable[[], Rows]] = {
    "a face of the test split": lambda: changed("test", 0, **OTHER_FACE),
    "a label of the test split": lambda: changed("test", 0, age=1),
    "a person's name": lambda: changed("train", 0, identity="somebody"),
}
DIFFERENT: dict[str, Callable[[], Rows]] = {
    "a face": lambda: changed("train", 0, **OTHER_FACE),
    "a face of the validation split": lambda: changed("validation", 0, **OTHER_FACE),
    "an id": lambda: changed("train", 0, face_id="other"),
    "a number": lambda: changed("train", 0, age=1),
    "a class": lambda: changed("train", 0, gender=None),
    "a yes or no of the validation split": lambda: changed("validation", 0, eyeglasses=None),
    "the order": swapped,
    "one less": lambda: rows() | {"train": rows()["train"][:-1]},
    "no validation split": lambda: rows() | {"validation": []},
}


@pytest.mark.parametrize("change", SAME)
def test_what_is_not_read_leaves_the_key(tmp_path: Path, usual: str, change: str) -> None:
    assert key(tmp_path / "shards", SAME[change]()) == usual


@pytest.mark.parametrize("change", DIFFERENT)
def test_what_is_read_changes_the_key(tmp_path: Path, usual: str, change: str) -> None:
    assert key(tmp_path / "shards", DIFFERENT[change]()) != usual


def test_columns_of_other_labels_leave_the_key(tmp_path: Path, usual: str) -> None:
    assert key(tmp_path / "shards", rows(), (*LABELED, *OTHERS)) == usual


def test_parameters_change_the_key_and_the_list_of_models_does_not(
    tmp_path: Path, usual: str
) -> None:
    assert key(tmp_path / "a", rows(), models=["vgg16"]) == usual
    assert key(tmp_path / "b", rows(), seed=4) != usual
    assert (
        key(tmp_path / "c", rows(), augment={**params().augment.model_dump(), "zoom": 0}) != usual
    )


def test_definitions_of_trained_labels_change_the_key(tmp_path: Path, usual: str) -> None:
    builder = tfrecord.open_shards(write(tmp_path / "shards", rows(), LABELED, 32))
    labels = [kinds.Number("age", 0, 116, "years", sigma=3), *map(LABELS.get, LABELED[1:])]
    assert finished.cache_key("plain", builder, Card(tuple(labels), CROP), params()) != usual


def test_another_model_or_its_code_changes_the_key(
    tmp_path: Path, usual: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = tfrecord.open_shards(write(tmp_path / "shards", rows(), LABELED, 32))
    labels = [LABELS[name] for name in LABELED]
    assert finished.cache_key("compact", builder, Card(tuple(labels), CROP), params()) != usual
    shaping = finished.closure([Path(fitting.__file__)])
    assert Path(known.__file__) in shaping  # the list of labels is left out; each file else counts
    digest = finished.digest
    for edited in (*shaping, Path(plain.__file__)):
        monkeypatch.setattr(
            finished, "digest", lambda path, edited=edited: "x" if path == edited else digest(path)
        )
        same = finished.cache_key("plain", builder, Card(tuple(labels), CROP), params()) == usual
        assert same == (edited == Path(known.__file__)), edited


def test_weights_to_begin_with_change_the_key(tmp_path: Path, usual: str) -> None:
    builder = tfrecord.open_shards(write(tmp_path / "shards", rows(), LABELED, 32))
    labels, earlier = [LABELS[name] for name in LABELED], tmp_path / "a.keras"

    def begun() -> str:
        changes = params(init_from={"plain": str(earlier)})
        return finished.cache_key("plain", builder, Card(tuple(labels), CROP), changes)

    with pytest.raises(InputError, match=r"train\.init_from\.plain: no file .*a\.keras; put it"):
        begun()
    earlier.write_text("one")
    before = begun()
    earlier.write_text("another")
    assert len({usual, before, begun()}) == 3


class Stage:
    """The stage in a folder of its own, with an instant fit that counts how often it is called."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.fits = folder, 0
        monkeypatch.setattr(fitting, "fit", self.fit)

    def fit(self, training: fitting.Training, devices: Any) -> Any:
        self.fits += 1
        table = training.history / "plots/metrics/eval/loss.tsv"
        table.parent.mkdir(parents=True, exist_ok=True)
        table.write_text(f"loss of fit {self.fits}")
        (training.history / "metrics.json").write_text("{}")
        return plain.build(32, training.labels)

    def run(self, shards: Path, given: Params) -> dict[str, bytes]:
        """The bytes of its outputs, which DVC deletes before."""
        outputs = self.folder / "outputs"
        paths = (outputs / "model.keras", outputs / "history", self.folder / "store")
        for path in outputs.rglob("*.*"):
            path.unlink()
        train.main("plain", shards, *paths, given, CROP.model_dump())
        return {str(path.relative_to(outputs)): path.read_bytes() for path in outputs.rglob("*.*")}


def test_a_new_label_trains_nothing_and_a_changed_value_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path, monkeypatch)
    first = stage.run(write(tmp_path / "first", rows(), LABELED, 32), params())
    assert sorted(first) == ["history/metrics.json", "history/plots/metrics/eval/loss.tsv",
                             "model.keras"]  # fmt: skip
    wider = write(tmp_path / "wider", rows(), (*LABELED, *OTHERS), 32)
    assert stage.run(wider, params()) == first
    assert stage.fits == 1
    other = write(tmp_path / "other", changed("train", 0, age=1), LABELED, 32)
    assert stage.run(other, params()) != first
    assert stage.fits == 2


def test_a_damaged_entry_is_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(tmp_path, monkeypatch)
    shards = write(tmp_path / "shards", rows(), LABELED, 32)
    stage.run(shards, params())
    (entry,) = Store(tmp_path / "store").entries()
    with zipfile.ZipFile(entry) as archive:
        assert archive.namelist()[0] == "model.keras"
    entry.write_bytes(entry.read_bytes()[:-9])
    stage.run(shards, params())
    assert stage.fits == 2
