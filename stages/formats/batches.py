"""Faces and labels from TFRecord shards, in the batches that a Keras model takes.

A missing label keeps the mark that it has in the shards, so that examples with different labels
train together: losses and metrics mask it. Nothing here depends on the clock or on the number of
threads: a seed and an epoch give the same batches on every run, which is also what lets an
interrupted training continue where it was.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, assert_never

import numpy as np

from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.formats import tfrecord
from stages.network.inputs import Size, resize, sides

SHUFFLE = 16_384  # size of the shuffle buffer, examples; about 50 MB of JPEG
FILES = 16  # files that are interleaved when shuffling

# Faces (B, height, width, channels) uint8 and a seed (2,) to float32 faces of the same shape.
Augmentation = Callable[[Any, Any], Any]


def dataset(
    folder: Path,
    split: str,
    labels: Iterable[Label],
    image_size: Size,
    batch_size: int,
    *,
    channels: int = 3,
    augment: Augmentation | None = None,
    shuffle_seed: int | None = None,
    cache: bool = False,
    epochs: range = range(1),
    labeled_only: bool = False,
) -> Any:
    """Batches of (faces, targets) for these epochs, one after the other, as a `tf.data.Dataset`.

    faces: float32 (B, height, width, channels), 0 to 255, 1 channel being grey; the stored square
    is cropped evenly to that shape. targets: for each label a (B,) tensor, float32 numbers
    (NaN is missing) or int32 classes (-1 is missing; 1 is yes).
    Every epoch ends with its own, maybe smaller, batch: `batches(size, batch_size)` of them.
    shuffle_seed: None keeps the order of the shards. cache: keep decoded faces in memory.
    labeled_only: leave out examples without any known label; they have no loss.
    Raises `InputError` for a split or label that the shards lack.
    """
    import tensorflow as tf

    labels, parallel = list(labels), tf.data.AUTOTUNE
    builder = tfrecord.open_shards(folder)
    tfrecord.check(builder, labels)
    # Several files are read in turns only when shuffling: one after the other keeps their order.
    rows = _serialized(builder, split, at_once=1 if shuffle_seed is None else FILES)
    decode = _decoder(builder, labels, (*sides(image_size), channels))
    count = tfrecord.size(builder, split)
    if labeled_only:
        count = labeled_size(builder, split, labels)
        rows = rows.filter(_any_known(labels))
    if cache:
        rows = rows.batch(batch_size).map(decode, parallel).unbatch().cache()

    def one_pass(epoch: Any) -> Any:
        drawn = rows
        if shuffle_seed is not None:
            # Sets the seed of this function alone; 0 would be compared with a tensor and fail.
            tf.random.set_seed(shuffle_seed + 1)
            drawn = drawn.shuffle(min(count, SHUFFLE), seed=epoch)
        return drawn.batch(batch_size)

    def finish(number: Any, content: Any) -> tuple[Any, dict[str, Any]]:
        faces, targets = content if cache else decode(content)
        if augment is None:
            return tf.cast(faces, tf.float32), targets
        return augment(faces, tf.stack([np.int64(shuffle_seed or 0), number])), targets

    first = epochs.start * batches(count, batch_size)
    counted = tf.data.Dataset.range(epochs.start, epochs.stop).flat_map(one_pass).enumerate(first)
    # Without its length, Keras warns where the data ends.
    whole = tf.data.experimental.assert_cardinality(len(epochs) * batches(count, batch_size))
    return counted.map(finish, parallel).apply(whole).prefetch(parallel)


def labeled_size(builder: Any, split: str, labels: Iterable[Label]) -> int:
    """The number of examples of a split with at least one known label."""
    columns = tfrecord.columns(builder, split, [label.name for label in labels]).values()
    return int(np.any([tfrecord.known(column) for column in columns], axis=0).sum())


def batches(examples: int, batch_size: int) -> int:
    """The number of batches in an epoch of so many examples."""
    return -(-examples // batch_size)


def _serialized(builder: Any, split: str, at_once: int) -> Any:
    """The serialized examples of a split, in a fixed order. at_once: files read in turns."""
    import tensorflow as tf

    files = tf.data.Dataset.from_tensor_slices(tfrecord.files(builder, split))
    return files.interleave(
        tf.data.TFRecordDataset, cycle_length=at_once, num_parallel_calls=at_once
    )


def _any_known(labels: list[Label]) -> Any:
    """A function from a serialized example to whether any of its labels is known."""
    import tensorflow as tf

    def answer(example: Any) -> Any:
        values = tfrecord.parse(example[None], [label.name for label in labels]).values()
        marks = [~tf.math.is_nan(v) if v.dtype.is_floating else v >= 0 for v in values]
        return tf.reduce_any(marks)

    return answer


def _decoder(builder: Any, labels: list[Label], shape: tuple[int, int, int]) -> Any:
    """A function from serialized examples (B,) to uint8 faces of a shape, and their targets."""
    import tensorflow as tf

    stored = tuple(builder.info.features["face"].shape[:2])

    def face(data: Any) -> Any:
        pixels = tf.io.decode_jpeg(data, channels=shape[2], dct_method="INTEGER_ACCURATE")
        return tf.ensure_shape(resize(pixels, stored, shape[:2]), shape)

    def decode(examples: Any) -> tuple[Any, dict[str, Any]]:
        rows = tfrecord.parse(examples, ["face", *(label.name for label in labels)])
        faces = tf.map_fn(face, rows["face"], fn_output_signature=tf.TensorSpec(shape, tf.uint8))
        return faces, {
            label.name: tf.cast(rows[label.name], _target_type(label)) for label in labels
        }

    return decode


def _target_type(label: Label) -> Any:
    import tensorflow as tf

    match label:
        case Number():
            return tf.float32
        case Category() | Binary():
            return tf.int32
        case _:
            assert_never(label)
