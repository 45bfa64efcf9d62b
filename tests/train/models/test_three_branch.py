"""The look-alike seed's three-branch network: its published size and its outputs."""

from stages.core.labels.kinds import Category
from stages.core.labels.known import LABELS
from stages.train.models import three_branch

JOB = Category("job", ("actor", "singer"))  # the seed knew two


def test_the_published_parameters() -> None:
    labels = [LABELS["gender"], JOB, LABELS["look_alike"]]
    model = three_branch.build(100, labels, channels=1)
    assert model.count_params() == 8_165_683
    assert model.input_shape == (None, 100, 100, 1)
    assert set(model.output) == {"gender", "job", "look_alike"}


def test_any_label_and_size() -> None:
    model = three_branch.build((40, 32), [LABELS["age"], LABELS["male"]])
    assert set(model.output) == {"age", "age_distribution", "male"}
