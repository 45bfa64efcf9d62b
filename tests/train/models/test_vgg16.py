"""VGG16 with the UTKFace seed's heads: its published sizes, and what its backbone sees."""

import numpy as np

from stages.core.labels.known import LABELS
from stages.train.models import vgg16


def test_the_published_parameters() -> None:
    model = vgg16.build(224, [LABELS["age"]])
    assert model.get_layer("vgg16").count_params() == 14_714_688
    dense = [layer.count_params() for layer in model.layers if layer.name.startswith("dense")]
    assert dense == [401_424, 136]
    assert model.get_layer("age_value").count_params() == 9


def test_a_head_of_its_own_for_every_label() -> None:
    model = vgg16.build(32, [LABELS[name] for name in ("age", "gender", "race")])
    assert set(model.output) == {"age", "age_distribution", "gender", "race"}
    assert len([layer for layer in model.layers if layer.name.startswith("dense")]) == 6


def test_grey_and_colored_pictures_of_grey_look_the_same_to_it() -> None:
    colored, grey = (vgg16.build((32, 48), [LABELS["gender"]], channels) for channels in (3, 1))
    grey.set_weights(colored.get_weights())
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 32, 48, 1)).astype(np.float32)
    left = colored.predict_on_batch(np.repeat(pictures, 3, axis=-1))["gender"]
    np.testing.assert_allclose(left, grey.predict_on_batch(pictures)["gender"], rtol=1e-4)
