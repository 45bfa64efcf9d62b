"""The plain network with batch normalisation: its size, and the pair it makes with `plain`."""

from stages.core.labels.known import LABELS
from stages.train.models import plain, plain_normalised


def test_parameter_count() -> None:
    # Each layer loses its biases (one a channel) and gets four figures a channel.
    extra = 3 * (sum(plain_normalised.WIDTHS) + plain_normalised.FEATURES)
    labels = [LABELS["expression"]]
    expected = plain.build(48, labels, 1).count_params() + extra
    assert plain_normalised.build(48, labels, 1).count_params() == expected


def test_the_same_widths_as_plain() -> None:
    assert plain_normalised.WIDTHS == plain.WIDTHS
    assert plain_normalised.FEATURES == plain.FEATURES
