"""The heads of a model, one for each label, and losses and metrics that ignore missing labels.

A model is built only of layers that Keras itself has, so `keras.models.load_model` opens it
anywhere. Its outputs are probabilities; training uses the layers just before them (`logits`), where
losses neither saturate nor lose digits. A missing target is NaN (numbers) or -1 (others): it adds
nothing to a loss, a gradient or a metric.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, assert_never

import keras
import numpy as np
from keras import layers, ops

from stages.core.labels.kinds import Binary, Category, Label, Number

L1 = 0.1  # weight of the expectation's error beside a number's soft labels

Loss = Callable[[Any, Any], Any]


def attach(features: Any, labels: Iterable[Label]) -> dict[str, Any]:
    """Put one head per label on features (B, F) and return the outputs of `answers`."""
    labels = list(labels)
    return answers({label.name: scores(features, label) for label in labels}, labels)


def scores(features: Any, label: Label) -> Any:
    """A label's logits (B, `width(label)`): one dense layer on features (B, F)."""
    # float32 also where the trunk computes in bfloat16, whose three digits are too few for bins.
    return layers.Dense(width(label), name=f"{label.name}_logits", dtype="float32")(features)


def one_unit_or_scores(features: Any, label: Label) -> Any:
    """The logits of `regression` for a number, of `scores` for other labels."""
    match label:
        case Number():
            return regression(features, label)
        case Category() | Binary():
            return scores(features, label)
        case _:
            assert_never(label)


def regression(features: Any, label: Number) -> Any:
    """A number's logits (B, bins) from one linear unit, its value in the label's unit.

    They are those of a Gaussian of width sigma round the value, linear in it, so a fixed dense
    layer gives them. Their cross-entropy with the soft label is the squared error / (2 sigma²).
    """
    value = layers.Dense(1, name=f"{label.name}_value", dtype="float32")(features)
    gaussian = layers.Dense(
        width(label), trainable=False, name=f"{label.name}_logits", dtype="float32"
    )
    output = gaussian(value)
    sigma = label.sigma
    gaussian.set_weights([bins(label)[None] / sigma**2, -0.5 * (bins(label) / sigma) ** 2])
    return output


def answers(logits: Mapping[str, Any], labels: Iterable[Label]) -> dict[str, Any]:
    """A model's outputs by name, all float32, from the logits of every label.

    logits: (B, width) by label, each from a layer named "<label>_logits". A number has two outputs:
    "<label>" (B, 1), its expectation, and "<label>_distribution" (B, bins), a probability for each
    whole number from low to high. A category has (B, classes) probabilities, a binary label (B, 1),
    the probability of yes.
    """
    outputs: dict[str, Any] = {}
    for label in labels:
        name, score = label.name, logits[label.name]
        match label:
            case Number():
                distribution = layers.Softmax(name=f"{name}_distribution", dtype="float32")(score)
                outputs[name] = _expectation(distribution, label)
                outputs[f"{name}_distribution"] = distribution
            case Category():
                outputs[name] = layers.Softmax(name=name, dtype="float32")(score)
            case Binary():
                outputs[name] = layers.Activation("sigmoid", name=name, dtype="float32")(score)
            case _:
                assert_never(label)
    return outputs


def logits(model: Any, labels: Iterable[Label]) -> Any:
    """The same model, layers shared, up to what losses and metrics take: {label: (B, width)}."""
    outputs = {label.name: model.get_layer(f"{label.name}_logits").output for label in labels}
    return keras.Model(model.input, outputs, name=model.name)


def losses(
    labels: Iterable[Label], smoothing: float, weights: Mapping[str, Any] | None = None
) -> dict[str, Loss]:
    """A loss per label on its logits, (B,), whose mean is the mean over the batch's known values.

    It is 0 where nothing is known. Keras takes the mean itself, also over several GPUs.
    smoothing: share of the probability spread over all classes of a category. weights: by number
    label, a weight (bins,) for each of its bins; the default is 1.
    """
    weights = weights or {}
    return {label.name: _loss(label, smoothing, weights.get(label.name)) for label in labels}


def metrics(labels: Iterable[Label]) -> dict[str, list[Any]]:
    """Accuracy of classes, mean absolute error of numbers, over known values only."""
    return {label.name: [KnownMean(label, label.leading)] for label in labels}


class KnownMean(keras.metrics.Mean):  # type: ignore[misc]  # Keras ships no types
    """The mean of a label's error (numbers) or correctness (classes) where it is known."""

    def __init__(self, label: Label, name: str) -> None:
        super().__init__(name=name)
        self.label = label

    def update_state(self, target: Any, output: Any, sample_weight: Any = None) -> None:
        known, target = _split(target, self.label)
        match self.label:
            case Number():
                values = ops.abs(expected(output, self.label) - target)
            case Category():
                values = ops.equal(ops.argmax(output, axis=-1), ops.cast(target, "int64"))
            case Binary():
                values = ops.equal(output[:, 0] > 0, target > 0.5)
            case _:
                assert_never(self.label)
        super().update_state(ops.cast(values, "float32"), ops.cast(known, "float32"))


def width(label: Label) -> int:
    """Logits of a label: a number's bins, a category's classes, one for yes."""
    match label:
        case Number():
            return label.bins
        case Category():
            return len(label.classes)
        case Binary():
            return 1
        case _:
            assert_never(label)


def bins(label: Number) -> Any:
    """The whole numbers that a number's head chooses from, float32 (bins,)."""
    return np.arange(label.low, label.high + 1, dtype=np.float32)


def expected(output: Any, label: Number) -> Any:
    """Expectation (B,) of a number's logits (B, bins)."""
    return ops.sum(ops.softmax(output) * bins(label), axis=-1)


def _expectation(distribution: Any, label: Number) -> Any:
    """The mean (B, 1) of a distribution (B, bins): a fixed dense layer with the bins as weights."""
    mean = layers.Dense(1, use_bias=False, trainable=False, name=label.name, dtype="float32")
    output = mean(distribution)
    mean.set_weights([bins(label)[:, None]])
    return output


def _split(target: Any, label: Label) -> tuple[Any, Any]:
    """Where a target is known, and the target with a harmless value where it is not; both (B,)."""
    target = ops.cast(ops.reshape(target, (-1,)), "float32")
    # A NaN that is only multiplied by 0 would still poison the gradient.
    match label:
        case Number():
            known, harmless = ops.logical_not(ops.isnan(target)), float(label.low)
        case Category() | Binary():
            known, harmless = target >= 0, 0.0
        case _:
            assert_never(label)
    return known, ops.where(known, target, harmless)


def _loss(label: Label, smoothing: float, weights: Any | None) -> Loss:
    def loss(target: Any, output: Any) -> Any:
        known, value = _split(target, label)
        match label:
            case Number():
                each = _number(value, output, label)
                if weights is not None:
                    each = each * _weight(value, label, weights)
            case Category():
                each = _category(value, output, smoothing)
            case Binary():
                each = ops.binary_crossentropy(value, output[:, 0], from_logits=True)
            case _:
                assert_never(label)
        weight = ops.cast(known, "float32")
        return each * weight * (ops.sum(ops.ones_like(weight)) / ops.maximum(ops.sum(weight), 1.0))

    return loss


def _number(value: Any, output: Any, label: Number) -> Any:
    """Cross-entropy with a Gaussian round the value (label distribution learning, Gao et al. 2017,
    "Deep Label Distribution Learning with Label Ambiguity") + L1 × error of the expectation; (B,).
    """
    value = ops.clip(value, float(label.low), float(label.high))
    distance = (bins(label) - ops.expand_dims(value, -1)) / label.sigma
    soft = ops.softmax(-0.5 * distance * distance)
    crossed = -ops.sum(soft * ops.log_softmax(output), axis=-1)
    return crossed + L1 * ops.abs(expected(output, label) - value)


def _weight(value: Any, label: Number, weights: Any) -> Any:
    """The weight of each value, (B,): that of the nearest whole number."""
    place = ops.cast(ops.round(ops.clip(value, label.low, label.high)), "int32") - label.low
    return ops.take(ops.convert_to_tensor(weights, "float32"), place)


def _category(value: Any, output: Any, smoothing: float) -> Any:
    """Cross-entropy with smoothed classes (Szegedy et al. 2016, "Rethinking the Inception
    Architecture"); (B,).
    """
    classes = output.shape[-1]
    hard = ops.one_hot(ops.cast(value, "int32"), classes)
    soft = hard * (1.0 - smoothing) + smoothing / classes
    return -ops.sum(soft * ops.log_softmax(output), axis=-1)
