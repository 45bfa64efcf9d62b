"""TFRecord shards: a folder that `tfds.builder_from_directory` reads, written and read here.

What an example holds, as every reader sees it:

| feature | stored as | missing |
|---|---|---|
| face | the bytes of a square RGB JPEG | never |
| face_id, source | text | never |
| identity | text | empty |
| a number | float32 | NaN |
| a category | int64, the place in `Category.classes` | -1 |
| a binary label | int64, 1 for yes | -1 |

Nothing is read from or sent to the network.
"""

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, assert_never

import numpy as np
import numpy.typing as npt

from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.labels.known import LABELS
from stages.core.program import InputError

NAME = "faceline"
DESCRIPTION = (
    "Faces with labels. What is not known is NaN in a number, -1 in a class or a binary, and empty "
    "in identity."
)
BATCH_ROWS = 1024  # examples parsed at a time


def file_name(split: str, shard: int, shards: int) -> str:
    """The name that TFDS looks for."""
    return f"{NAME}-{split}.tfrecord-{shard:05}-of-{shards:05}"


def features(labels: Iterable[Label], size: int) -> Any:
    """The `tfds.features.FeaturesDict` of faces of `size` by `size` pixels with these labels."""
    tfds = _import_tfds()
    columns = {
        "face": tfds.features.Image(shape=(size, size, 3), encoding_format="jpeg"),
        "face_id": tfds.features.Text(),
        "identity": tfds.features.Text(),
        "source": tfds.features.Text(),
    }
    return tfds.features.FeaturesDict(
        columns | {label.name: _feature(tfds, label) for label in labels}
    )


def _feature(tfds: ModuleType, label: Label) -> Any:
    match label:
        case Number():
            return tfds.features.Scalar(np.float32)
        case Category():
            return tfds.features.ClassLabel(names=list(label.classes))
        case Binary():
            return tfds.features.Scalar(np.int8)
        case _:
            assert_never(label)


def stored_type(label: Label) -> Any:
    """The TensorFlow type that `tf.io.parse_example` gives a label's values."""
    import tensorflow as tf

    match label:
        case Number():
            return tf.float32
        case Category() | Binary():
            return tf.int64
        case _:
            assert_never(label)


def known(column: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where the value of a label is known: it is neither NaN nor -1."""
    return ~np.isnan(column) if column.dtype.kind == "f" else column >= 0


class Writer:
    """Writes rows as shards, then the metadata that makes the folder a TFDS data set."""

    def __init__(self, folder: Path, labels: Iterable[Label], size: int) -> None:
        self.folder, self.labels = folder, list(labels)
        self.features = features(self.labels, size)

    def write(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        """Write one shard. `rows` have `face` (bytes and path), ids and labels, null if missing."""
        import tensorflow as tf

        path = str(self.folder / name)
        try:
            with tf.io.TFRecordWriter(path) as writer:
                for row in rows:
                    data = self.features.serialize_example(_example(row, self.labels))
                    # Protobuf orders a map by address, unless asked to be the same everywhere.
                    proto = tf.train.Example.FromString(data)
                    writer.write(proto.SerializeToString(deterministic=True))
        except tf.errors.ResourceExhaustedError:  # TensorFlow's name of a full disk
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path) from None

    def finish(self, splits: dict[str, list[int]]) -> None:
        """Write the metadata. splits: the number of rows of each shard, by split."""
        tfds = _import_tfds()
        infos = [
            tfds.core.SplitInfo(
                name=split,
                shard_lengths=rows,
                num_bytes=sum(p.stat().st_size for p in self.folder.glob(f"{NAME}-{split}.*")),
            )
            for split, rows in splits.items()
        ]
        tfds.folder_dataset.write_metadata(
            data_dir=str(self.folder),
            features=self.features,
            split_infos=infos,
            version="1.0.0",
            check_data=False,  # the check would start a GPU to read a single row
            description=DESCRIPTION,
        )


def _example(row: dict[str, Any], labels: list[Label]) -> dict[str, Any]:
    """A row as the features take it, without nulls."""
    values = {label.name: row[label.name] for label in labels}
    marks = {label.name: label.missing for label in labels if values[label.name] is None}
    return {
        "face": row["face"]["bytes"],
        "face_id": row["face_id"],
        "identity": row["identity"] or "",
        "source": row["source"],
    } | (values | marks)


def open_shards(folder: Path) -> Any:
    """The TFDS builder of a folder of shards; `InputError` unless it holds shards."""
    if not (folder / "features.json").is_file():
        raise InputError(
            f"{folder}: holds no shards (no features.json); run `dvc repro shard`, or `dvc pull`"
        )
    try:
        return _import_tfds().builder_from_directory(folder)
    except (ValueError, KeyError, TypeError, OSError) as error:  # what TFDS raises on its JSON
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{folder}: not shards that TFDS can open ({reason})") from None


def check(builder: Any, labels: Iterable[Label]) -> None:
    """Raise `InputError` for a label that the shards lack or that has other classes there."""
    features = builder.info.features
    for label in labels:
        if label.name not in features:
            names = ", ".join(sorted(features))
            raise InputError(f"label {label.name!r} is not in the shards, which have: {names}")
        own, stored = _feature(_import_tfds(), label), features[label.name]
        if repr(own) != repr(stored) or getattr(stored, "names", None) != getattr(
            own, "names", None
        ):
            raise InputError(
                f"label {label.name!r} is of another kind or has other classes in the shards: run "
                "`dvc repro shard`"
            )


def size(builder: Any, split: str) -> int:
    """The number of examples in a split; 0 when the shards have no such split."""
    splits = builder.info.splits
    return int(splits[split].num_examples) if split in splits else 0


def files(builder: Any, split: str) -> list[str]:
    """The files of a split, in the order of its shards; `InputError` when it has no examples."""
    if not size(builder, split):
        raise InputError(f"{builder.data_dir}: split {split!r} has no examples")
    return [str(path) for path in builder.info.splits[split].filepaths]


def parse(examples: Any, names: Iterable[str]) -> dict[str, Any]:
    """Some features of serialized examples (B,), as tensors (B,) of the types in the table above.

    Whole batches are parsed at once: TFDS's own reading, example by example, costs twice as much.
    """
    import tensorflow as tf

    return dict(tf.io.parse_example(examples, _layout(names)))


def _layout(names: Iterable[str]) -> dict[str, Any]:
    import tensorflow as tf

    return {
        name: tf.io.FixedLenFeature([], stored_type(LABELS[name]) if name in LABELS else tf.string)
        for name in names
    }


def columns(builder: Any, split: str, names: Iterable[str]) -> dict[str, npt.NDArray[Any]]:
    """Whole columns of a split in the order of the shards, without decoding a face.

    Texts become str; labels keep NaN and -1 where they are missing. An empty split gives empty
    columns.
    """
    names = list(names)
    if not size(builder, split):
        return {name: np.empty(0, np.float32) for name in names}
    parts = list(_batches(files(builder, split), names))
    whole = {name: np.concatenate([part[name] for part in parts]) for name in names}
    return {
        name: np.array([text.decode() for text in column], dtype=object)
        if column.dtype == object
        else column
        for name, column in whole.items()
    }


def fingerprint(builder: Any, split: str, names: Iterable[str]) -> str:
    """A hash of some columns of a split: of their values and order, and of where shards end.

    It does not change with other columns of the same shards.
    """
    content, names = hashlib.sha256(), sorted(names)
    for file in files(builder, split) if size(builder, split) else []:
        content.update(b"shard")
        for part in _batches([file], names):
            for name in names:
                content.update(name.encode() + _bytes(part[name]))
    return content.hexdigest()


def _bytes(column: npt.NDArray[Any]) -> bytes:
    """A column as bytes; different columns never have the same bytes."""
    if column.dtype != object:
        return len(column).to_bytes(8, "big") + column.tobytes()
    return b"".join(hashlib.sha256(value).digest() for value in column)


def _batches(files: list[str], names: list[str]) -> Iterator[dict[str, npt.NDArray[Any]]]:
    import tensorflow as tf

    rows = tf.data.TFRecordDataset(files).batch(BATCH_ROWS)
    yield from rows.map(lambda examples: parse(examples, names)).as_numpy_iterator()


def _import_tfds() -> ModuleType:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # no greeting on stderr
    os.environ.setdefault("TFDS_DISABLE_PROGRESS_BAR", "1")
    import tensorflow_datasets as tfds

    module: ModuleType = tfds
    return module
