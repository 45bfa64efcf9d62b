"""Where a training begins: earlier weights, a backbone's, and files that are missing or unfit."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras.applications import VGG16, VGG19

from stages.core.labels.known import LABELS
from stages.core.program import InputError
from stages.train import start
from stages.train.models import plain, vgg16
from tests.models_fixture import save

GENDER = [LABELS["gender"]]


def backbone(size: int = 32) -> Any:
    return VGG16(include_top=False, weights=None, input_shape=(size, size, 3))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A made backbone, and the file of its weights."""
    keras.utils.set_random_seed(5)
    made, path = backbone(), tmp_path_factory.mktemp("weights") / "made.weights.h5"
    made.save_weights(path)
    return made, path


def test_a_backbone_gets_its_weights_and_is_frozen(weights: tuple[Any, Path]) -> None:
    made, path = weights
    network = vgg16.build(32, GENDER)
    start.load(network, GENDER, "vgg16", {}, {"vgg16": str(path)})
    for old, new in zip(made.get_weights(), network.get_layer("vgg16").get_weights(), strict=True):
        assert np.array_equal(old, new)
    assert not network.get_layer("vgg16").trainable_variables
    assert len(network.trainable_variables) == 6


def test_a_network_without_the_backbone_passes_over_it(weights: tuple[Any, Path]) -> None:
    network = plain.build(32, GENDER)
    before = network.get_weights()
    start.load(network, GENDER, "plain", {}, {"vgg16": str(weights[1])})
    assert all(np.array_equal(*pair) for pair in zip(before, network.get_weights(), strict=True))


def test_weights_of_another_network(tmp_path: Path) -> None:
    other = VGG19(include_top=False, weights=None, input_shape=(32, 32, 3))
    other.save_weights(tmp_path / "other.weights.h5")
    told = r"train\.pretrained\.vgg16: .*other.* does not fit: .*block4_conv1.*512\).*256\)"
    with pytest.raises(InputError, match=told) as error:
        start.load(
            vgg16.build(32, GENDER),
            GENDER,
            "vgg16",
            {},
            {"vgg16": str(tmp_path / "other.weights.h5")},
        )
    assert len(str(error.value).splitlines()) == 1
    assert len(str(error.value)) < 500


def test_a_file_that_holds_no_weights(tmp_path: Path) -> None:
    path = tmp_path / "text.h5"
    path.write_text("nothing")
    with pytest.raises(InputError, match=r"train\.pretrained\.vgg16: .*text\.h5 does not fit"):
        start.load(vgg16.build(32, GENDER), GENDER, "vgg16", {}, {"vgg16": str(path)})


def test_imagenet_is_what_keras_keeps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    name = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
    with pytest.raises(
        InputError, match=rf"train\.pretrained\.vgg16: no file .*/models/{name}; put"
    ):
        start.files("vgg16", {}, {"vgg16": "imagenet"})
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / name).touch()
    assert start.files("vgg16", {}, {"vgg16": "imagenet"}) == [tmp_path / "models" / name]


def test_another_models_start_is_not_asked_for() -> None:
    assert start.files("plain", {"compact": "nowhere.keras"}, {}) == []
    with pytest.raises(
        InputError, match=r"train\.init_from\.compact: no file nowhere\.keras; put it"
    ):
        start.files("compact", {"compact": "nowhere.keras"}, {})


def test_going_on_from_an_earlier_training(tmp_path: Path) -> None:
    earlier, network = plain.build(32, GENDER), plain.build(32, GENDER)
    save(earlier, tmp_path / "earlier.keras")
    start.load(network, GENDER, "plain", {"plain": str(tmp_path / "earlier.keras")}, {})
    for old, new in zip(earlier.get_weights(), network.get_weights(), strict=True):
        assert np.array_equal(old, new)


@pytest.mark.parametrize(
    ("size", "labels", "told"),
    [
        (48, ["gender"], r"does not fit: dense.*/kernel is \(1152, 128\), there \(512, 128\)"),
        (32, ["race"], r"has heads \['gender'\], not \['race'\]"),
    ],
)
def test_an_earlier_training_that_does_not_fit(
    tmp_path: Path, size: int, labels: list[str], told: str
) -> None:
    save(plain.build(32, GENDER), tmp_path / "earlier.keras")
    wanted = [LABELS[name] for name in labels]
    given = {"plain": str(tmp_path / "earlier.keras")}
    with pytest.raises(InputError, match=rf"train\.init_from\.plain: .*earlier\.keras {told}"):
        start.load(plain.build(size, wanted), wanted, "plain", given, {})
