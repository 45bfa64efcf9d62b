"""What is trained, what is kept, and a training that is killed and goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from stages.core.labels.kinds import Number
from stages.core.labels.known import LABELS
from stages.core.program import InputError, section
from stages.network import devices, modelfile
from stages.train import __main__ as train
from stages.train import fitting, heads
from stages.train.models import plain, vgg16
from stages.train.params import Params
from tests.models_fixture import save
from tests.project import ROOT
from tests.shards_fixture import LABELED, draw, trial, write

SETTINGS: dict[str, Any] = {
    "models": ["plain", "compact"],
    "labels": list(LABELED),
    "image_size": 32,
    "channels": 3,
    "epochs": 2,
    "batch_size": 32,
    "optimizer": "adamw",
    "learning_rate": 0.003,
    "weight_decay": 0.02,
    "warmup_epochs": 1,
    "label_smoothing": 0.05,
    "loss_weights": {},
    "age_weights": "none",
    "patience": 10,
    "ema": 0.99,
    "augment": {
        "flip": True,
        "shift": 0.05,
        "zoom": 0.05,
        "brightness": 0.1,
        "contrast": 0.1,
        "cutout": 0.1,
    },
    "init_from": {},
    "pretrained": {},
    "cache": True,
    "seed": 3,
    "mixed_precision": True,
    "jit_compile": True,
    "multi_gpu": True,
}


def params(**changes: Any) -> Params:
    return Params(**SETTINGS | changes)


def start(folder: Path, shards: Path, model: str = "plain_normalised", **changes: Any) -> Any:
    """`python -m stages.train` in a folder of its own."""
    folder.mkdir(exist_ok=True)
    sections = yaml.safe_load((ROOT / "params.yaml").read_text()) | {"train": SETTINGS | changes}
    (folder / "params.yaml").write_text(yaml.safe_dump(sections))
    command = ["-m", "stages.train", model, str(shards), "model.keras", "history", ".store"]
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: Any) -> list[str]:
    _, output = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return [line.removeprefix("train: ") for line in output.splitlines()]


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trial(tmp_path_factory.mktemp("shards") / "tfrecord")


@pytest.fixture(scope="module")
def trained(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("trained")
    return folder, finish(start(folder, shards, epochs=8))


def test_labels_without_a_value_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "train")
    kept = train.heads_to_train(
        [LABELS[name] for name in ("age", "race", "gender")], {"age": 3, "race": 0, "gender": 1}
    )
    assert [label.name for label in kept] == ["age", "gender"]
    expected = "label race is left out: no example of the training split has it"
    assert caplog.messages == [expected]


def test_no_label_left_is_an_error() -> None:
    with pytest.raises(InputError, match="no example of the training split has any"):
        train.heads_to_train([LABELS["race"]], {"race": 0})


def test_the_average_forgets_within_a_tenth_of_the_training() -> None:
    assert fitting.averaging(0.99, 100_000) == 0.99
    assert fitting.averaging(0.99, 200) == 0.95
    assert fitting.averaging(0.99, 5) == 0


def test_an_epoch_is_summed_up_by_means_of_accuracies_and_of_errors_by_unit() -> None:
    logs = {"loss": 2.0, "age_mae": 5.0, "gender_accuracy": 0.9, "bald_accuracy": 0.7}
    labels = [LABELS["age"], LABELS["gender"], LABELS["bald"]]
    assert fitting.summary(logs, labels) == "loss 2, MAE 5 years, mean accuracy 0.8"
    validated = logs | {f"val_{name}": value + 1 for name, value in logs.items()}
    assert (
        fitting.summary(validated, labels) == "loss 2, val_loss 3, MAE 6 years, mean accuracy 1.8"
    )
    stars = Number("stars", 0, 5, "stars")
    two = {"loss": 2.0, "age_mae": 5.0, "stars_mae": 1.5}
    assert fitting.summary(two, [LABELS["age"], stars]) == "loss 2, MAE 5 years, MAE 1.5 stars"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"pretrained": {"vgg": "x"}}, "train.pretrained.vgg"),
        ({"image_size": [64, 8]}, r"train.image_size = \[64, 8\]: .* a side of 16 to 512 pixels"),
        ({"channels": 4}, "train.channels = 4"),
        ({"age_weights": "root"}, "train.age_weights = 'root': .*'sqrt_inverse' or 'lds'"),
        ({"loss_weights": {"age": 0}}, r"train.loss_weights.age = 0: .*greater than 0"),
        ({"optimizer": "sgd"}, "train.optimizer = 'sgd': .*'adamw' or 'muon'"),
        ({"models": "plain"}, "train.models = 'plain': .*valid list"),
        ({"models": []}, r"train.models = \[\]: .*at least 1"),
        ({"models": ["resnet9"]}, "train.models = .*: has 'resnet9'; allowed: age_cnn, auto"),
        ({"labels": ["hair"]}, "train.labels = .*: has 'hair'; allowed: age, gender"),
        (
            {"loss_weights": {"hair": 2}},
            "train.loss_weights = .*: has 'hair'; allowed: age, gender",
        ),
    ],
)
def test_what_a_parameter_allows(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        section(Params, {"train": SETTINGS | changes}, "train")


def test_faces_too_small_for_a_model() -> None:
    expected = r"train\.image_size = \[16, 16\] is no size for model vgg16: .*at least 32x32"
    with pytest.raises(InputError, match=expected):
        fitting.build(vgg16, "vgg16", [LABELS["gender"]], params(image_size=16))


def test_a_step_is_traced_once() -> None:
    labels = [LABELS["gender"], LABELS["eyeglasses"]]
    losses, traced = heads.losses(labels, 0.05), []
    own = losses["gender"]

    def noted(target: Any, output: Any) -> Any:
        traced.append(target.shape)
        return own(target, output)

    network = fitting.build(plain, "plain", labels, params())
    chosen = devices.choose(False, False, False)
    model = fitting.compiled(network, labels, 2, chosen, losses | {"gender": noted}, params())
    fitting.create_variables(model, labels)
    traced.clear()
    targets = {label.name: np.zeros(4, np.float32) for label in labels}
    model.fit(np.zeros((4, 32, 32, 3), np.float32), targets, batch_size=2, verbose=0)
    assert len(traced) == 1


def test_a_labels_loss_counts_as_much_as_it_should() -> None:
    labels = [LABELS["gender"], LABELS["eyeglasses"]]
    network = fitting.build(plain, "plain", labels, params())
    chosen, losses = devices.choose(False, False, False), heads.losses(labels, 0.05)
    faces = np.zeros((4, 32, 32, 3), np.float32)
    targets = {label.name: np.zeros(4, np.float32) for label in labels}

    def loss(**weights: float) -> float:
        model = fitting.compiled(network, labels, 1, chosen, losses, params(loss_weights=weights))
        return float(model.evaluate(faces, targets, verbose=0, return_dict=True)["loss"])

    unweighted, gender = loss(), loss(gender=3.0) - loss()
    assert gender > 0.1
    assert loss(eyeglasses=2.0) == pytest.approx(2 * unweighted - gender / 2)


@pytest.mark.slow
def test_a_training_goes_on_from_an_earlier_one(shards: Path, tmp_path: Path) -> None:
    earlier = plain.build((32, 24), [LABELS[name] for name in LABELED], channels=1)
    save(earlier, tmp_path / "earlier.keras")
    start_from = {"plain": str(tmp_path / "earlier.keras")}
    changes: dict[str, Any] = {
        "image_size": [32, 24], "channels": 1, "optimizer": "muon", "age_weights": "lds",
        "init_from": start_from, "epochs": 1, "warmup_epochs": 0, "learning_rate": 1e-9,
    }  # fmt: skip
    finish(start(tmp_path, shards, "plain", **changes))
    trained, _ = modelfile.load(tmp_path / "model.keras")
    for old, new in zip(earlier.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_allclose(old, new, atol=1e-5)  # at so small a rate


@pytest.mark.slow
def test_training_learns_and_logs_a_line_per_epoch(trained: tuple[Path, list[str]]) -> None:
    folder, lines = trained
    assert lines[0].startswith("model plain_normalised, heads age, gender, eyeglasses; ")
    assert [line.split(":")[0] for line in lines[1:9]] == [f"epoch {n}/8" for n in range(1, 9)]
    assert len(lines) == 10
    logs = json.loads((folder / "history" / "metrics.json").read_text())
    assert logs["eval"]["gender_accuracy"] > 0.9
    assert logs["eval"]["eyeglasses_accuracy"] > 0.9
    rows = (folder / "history/plots/metrics/eval/loss.tsv").read_text().splitlines()
    assert rows[0] == "step\tloss"
    assert len(rows) == 9
    assert not list((folder / ".store/train").glob("*/*.npz"))


@pytest.mark.slow
def test_a_finished_training_is_not_repeated(trained: tuple[Path, list[str]], shards: Path) -> None:
    folder, _ = trained
    files = ("model.keras", "history/metrics.json", "history/plots/metrics/eval/loss.tsv")
    before = [(folder / file).read_bytes() for file in files]
    for file in files:
        (folder / file).unlink()
    (line,) = finish(start(folder, shards, epochs=8))
    assert line.endswith("heads age, gender, eyeglasses: already trained on the same data")
    assert [(folder / file).read_bytes() for file in files] == before


@pytest.mark.slow
def test_a_killed_training_goes_on_to_the_same_bytes(
    trained: tuple[Path, list[str]], shards: Path, tmp_path: Path
) -> None:
    folder, _ = trained
    process = start(tmp_path, shards, epochs=8)
    while not any(state_epoch(path) >= 3 for path in tmp_path.glob(".store/train/*/state.json")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "model.keras").exists()
    lines = finish(start(tmp_path, shards, epochs=8))
    assert lines[1].startswith("resuming after epoch ")
    for file in ("model.keras", "history/metrics.json", "history/plots/metrics/eval/loss.tsv"):
        assert (tmp_path / file).read_bytes() == (folder / file).read_bytes(), file


def state_epoch(path: Path) -> int:
    return int(json.loads(path.read_text())["epoch"])


@pytest.mark.slow
def test_without_validation_the_training_loss_chooses(tmp_path: Path) -> None:
    rows = [row | {"eyeglasses": None} for row in draw(40, LABELED, 32, 0)]
    shards = write(tmp_path / "shards", {"train": rows}, LABELED, 32)
    lines = finish(start(tmp_path / "run", shards, "plain", cache=False))
    assert lines[0] == "label eyeglasses is left out: no example of the training split has it"
    assert "no validation split: the best epoch is chosen by the training loss" in lines
    assert (tmp_path / "run/model.keras").exists()


@pytest.mark.slow
def test_training_stops_early_and_keeps_the_best(shards: Path, tmp_path: Path) -> None:
    changes = {"epochs": 30, "patience": 1, "learning_rate": 0.5, "warmup_epochs": 0}
    lines = finish(start(tmp_path, shards, "plain", **changes))
    epochs = [line for line in lines if line.startswith("epoch ")]
    assert len(epochs) < 30
    assert lines[-1].startswith(f"best epoch {len(epochs) - 1} of {len(epochs)} ")
