"""The plain baseline: its size and its outputs."""

from stages.core.labels.known import LABELS
from stages.train.models import plain

SEVEN = ("age", "gender", "race", "expression", "eyeglasses", "wearing_hat", "no_beard")
ALL = [LABELS[name] for name in SEVEN]


def test_parameter_counts() -> None:
    assert plain.build(64, [LABELS["gender"]]).count_params() == 359_970
    assert plain.build(64, ALL).count_params() == 377_115


def test_outputs_of_every_label() -> None:
    model = plain.build(64, ALL)
    assert set(model.output) == {*SEVEN, "age_distribution"}
    assert model.input_shape == (None, 64, 64, 3)


def test_smallest_pictures() -> None:
    assert plain.build(16, [LABELS["gender"]]).output["gender"].shape == (None, 2)
