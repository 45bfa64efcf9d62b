"""Faces and labels out of the TFRecord shards, as batches a Keras model takes.

A missing label keeps the shards' own mark: NaN for a number, −1 for a class or a yes-or-no.
`stages.train.heads` masks these marks, so that examples with different labels train together.
Nothing here depends on the clock or on the number of threads: a seed and an epoch give the same
batches on every run, which is also what lets an interrupted training go on where it was.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, assert_never

import numpy as np
import numpy.typing as npt

from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.labels.known import LABELS
from stages.core.program import InputError
from stages.network.inputs import Size, middle, sides
from stages.train.augment import Augment, vary

SHUFFLE = 16_384  # examples among which the next one is drawn, as JPEG some 50 MB
FILES = 16  # read in turns when shuffling
COLUMN_ROWS = 1024


def dataset(
    folder: Path,
    split: str,
    labels: Iterable[Label],
    image_size: Size,
    batch: int,
    *,
    channels: int = 3,
    augment: Augment | None = None,
    shuffle_seed: int | None = None,
    cache: bool = False,
    epochs: range = range(1),
    labelled: bool = False,
) -> Any:
    """Batches of (pictures, targets) for the given epochs, one after the other.

    pictures: float32 (B, height, width, channels), 0 to 255, 1 channel being grey; what a square
    has beyond that shape is cut off evenly. targets: for each label a (B,) tensor, float32 numbers
    (NaN is missing) or int32 classes (−1 is missing; 1 is yes).
    Every epoch ends with its own, maybe smaller, batch: `batches(size, batch)` of them.
    shuffle_seed: None keeps the order of the shards. cache: keep decoded pictures in memory.
    labelled: pass over examples of which none of the labels is known: no loss comes of them.
    Raises `InputError` for a split or label the shards lack.
    """
    import tensorflow as tf

    labels, parallel = list(labels), tf.data.AUTOTUNE
    builder = open_shards(folder)
    check(builder, labels)
    rows = _serialized(builder, split, at_once=1 if shuffle_seed is None else FILES)
    decode = _decoder(builder, labels, (*sides(image_size), channels))
    count = size(folder, split)
    if labelled:
        count = labelled_size(folder, split, labels)
        rows = rows.filter(_any_known(labels))
    if cache:
        rows = rows.batch(batch).map(decode, parallel).unbatch().cache()

    def one_pass(epoch: Any) -> Any:
        drawn = rows
        if shuffle_seed is not None:
            # Sets the seed of this function alone; 0 would be compared with a tensor and fail.
            tf.random.set_seed(shuffle_seed + 1)
            drawn = drawn.shuffle(min(count, SHUFFLE), seed=epoch)
        return drawn.batch(batch)

    def finish(number: Any, content: Any) -> tuple[Any, dict[str, Any]]:
        pictures, targets = content if cache else decode(content)
        if augment is None:
            return tf.cast(pictures, tf.float32), targets
        return vary(pictures, augment, tf.stack([np.int64(shuffle_seed or 0), number])), targets

    first = epochs.start * batches(count, batch)
    counted = tf.data.Dataset.range(epochs.start, epochs.stop).flat_map(one_pass).enumerate(first)
    # Keras warns of data that ends before it is told the length.
    whole = tf.data.experimental.assert_cardinality(len(epochs) * batches(count, batch))
    return counted.map(finish, parallel).apply(whole).prefetch(parallel)


def columns(folder: Path, split: str, names: Iterable[str]) -> dict[str, npt.NDArray[Any]]:
    """Whole columns of a split in the shards' order, without decoding a picture.

    Texts become str; labels keep NaN and −1 where they are missing. An empty split gives empty
    columns.
    """
    import tensorflow as tf

    builder, names = open_shards(folder), list(names)
    if not size(folder, split):
        return {name: np.empty(0, np.float32) for name in names}
    spec = _spec(names)
    read = _serialized(builder, split).batch(COLUMN_ROWS)
    parts = list(read.map(lambda rows: tf.io.parse_example(rows, spec)).as_numpy_iterator())
    whole = {name: np.concatenate([part[name] for part in parts]) for name in names}
    return {
        name: np.array([text.decode() for text in column], dtype=object)
        if column.dtype == object
        else column
        for name, column in whole.items()
    }


def known(column: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where a label's value is known: neither NaN nor −1."""
    return ~np.isnan(column) if column.dtype.kind == "f" else column >= 0


def size(folder: Path, split: str) -> int:
    """Examples in a split; 0 when the shards have no such split."""
    splits = open_shards(folder).info.splits
    return int(splits[split].num_examples) if split in splits else 0


def labelled_size(folder: Path, split: str, labels: Iterable[Label]) -> int:
    """Examples of a split of which one of the labels is known at least."""
    found = columns(folder, split, [label.name for label in labels]).values()
    return int(np.any([known(column) for column in found], axis=0).sum())


def batches(examples: int, batch: int) -> int:
    """Batches in one pass over so many examples."""
    return -(-examples // batch)


def open_shards(folder: Path) -> Any:
    """The TFDS builder of a folder of shards; `InputError` when it is none."""
    if not (folder / "features.json").is_file():
        raise InputError(f"{folder}: holds no features.json, so it is no folder of shards")
    os.environ.setdefault("TFDS_DISABLE_PROGRESS_BAR", "1")
    import tensorflow_datasets as tfds

    return tfds.builder_from_directory(folder)


def check(builder: Any, labels: Iterable[Label]) -> None:
    """Raise `InputError` for a label that the shards lack or that has other classes there."""
    features = builder.info.features
    for label in labels:
        if label.name not in features:
            kept = ", ".join(sorted(features))
            raise InputError(f"label {label.name!r} is not in the shards, which have: {kept}")
        if isinstance(label, Category) and tuple(features[label.name].names) != label.classes:
            raise InputError(f"label {label.name!r} has other classes in the shards: shard anew")


def _serialized(builder: Any, split: str, at_once: int = 1) -> Any:
    """The examples of a split as they lie in the files, always in the same order.

    at_once: files read in turns; 1 keeps their order.
    """
    import tensorflow as tf

    if split not in builder.info.splits or not builder.info.splits[split].num_examples:
        raise InputError(f"{builder.data_dir}: split {split!r} has no examples")
    files = [str(path) for path in builder.info.splits[split].filepaths]
    return tf.data.Dataset.from_tensor_slices(files).interleave(
        tf.data.TFRecordDataset, cycle_length=at_once, num_parallel_calls=at_once
    )


def _spec(names: Iterable[str]) -> dict[str, Any]:
    """How `tf.io.parse_example` reads features of the shards: each is a single value."""
    import tensorflow as tf

    return {
        name: tf.io.FixedLenFeature([], _types(LABELS[name])[0] if name in LABELS else tf.string)
        for name in names
    }


def _types(label: Label) -> tuple[Any, Any]:
    """TensorFlow's types of a label's values in the shards, and of the targets made of them."""
    import tensorflow as tf

    match label:
        case Number():
            return tf.float32, tf.float32
        case Category() | Binary():
            return tf.int64, tf.int32
        case _:
            assert_never(label)


def _any_known(labels: list[Label]) -> Any:
    """Whether a serialized example knows one of the labels: `known`, in TensorFlow's terms."""
    import tensorflow as tf

    spec = _spec(label.name for label in labels)

    def answer(example: Any) -> Any:
        row = tf.io.parse_single_example(example, spec)
        kept = [
            ~tf.math.is_nan(value) if value.dtype.is_floating else value >= 0
            for value in row.values()
        ]
        return tf.reduce_any(kept)

    return answer


def _decoder(builder: Any, labels: list[Label], shape: tuple[int, int, int]) -> Any:
    """A function from serialized examples (B,) to uint8 pictures of a shape, and their targets.

    Whole batches are parsed at once: TFDS's own reading, example by example, costs twice as much.
    """
    import tensorflow as tf

    stored = tuple(builder.info.features["image"].shape[:2])
    top, left, height, width = middle(stored, shape[:2])

    def picture(data: Any) -> Any:
        pixels = tf.io.decode_jpeg(data, channels=shape[2], dct_method="INTEGER_ACCURATE")
        pixels = pixels[top : top + height, left : left + width]
        if (height, width) != shape[:2]:
            smooth = tf.image.resize(pixels, shape[:2], antialias=True)
            pixels = tf.cast(tf.round(tf.clip_by_value(smooth, 0.0, 255.0)), tf.uint8)
        return tf.ensure_shape(pixels, shape)

    def decode(examples: Any) -> tuple[Any, dict[str, Any]]:
        rows = tf.io.parse_example(examples, _spec(["image", *(label.name for label in labels)]))
        kind = tf.TensorSpec(shape, tf.uint8)
        pictures = tf.map_fn(picture, rows["image"], fn_output_signature=kind)
        return pictures, {
            label.name: tf.cast(rows[label.name], _types(label)[1]) for label in labels
        }

    return decode
