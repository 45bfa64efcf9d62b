"""TFRecord shards in a folder that `tfds.builder_from_directory` reads. No network is asked."""

import os
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, assert_never

import numpy as np

from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.labels.known import LABELS

NAME = "faceline"
DESCRIPTION = (
    "Faces with labels. What is not known is NaN in a number, -1 in a class or a binary, and empty "
    "in identity."
)


def file_name(split: str, shard: int, shards: int) -> str:
    """The name TFDS looks for."""
    return f"{NAME}-{split}.tfrecord-{shard:05}-of-{shards:05}"


class Writer:
    """Writes rows as shards, then the metadata that makes the folder a TFDS data set."""

    def __init__(self, folder: Path, labels: list[str], size: int) -> None:
        self.folder = folder
        self.labels = labels
        self.features = features(labels, size)

    def write(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        """Write one shard; `rows` have `image` (bytes and path), ids and labels."""
        import tensorflow as tf

        with tf.io.TFRecordWriter(str(self.folder / name)) as writer:
            for row in rows:
                data = self.features.serialize_example(example(row, self.labels))
                # Protobuf orders a map by address, unless asked to be the same in every process.
                proto = tf.train.Example.FromString(data)
                writer.write(proto.SerializeToString(deterministic=True))

    def finish(self, splits: dict[str, list[int]]) -> None:
        """Write the metadata, given the rows of each shard of each split."""
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
            check_data=False,  # it would start a GPU to read one row
            description=DESCRIPTION,
        )


def features(labels: list[str], size: int) -> Any:
    """The `tfds.features.FeaturesDict` of faces of `size` by `size` pixels with these labels."""
    tfds = _import_tfds()
    columns = {
        "image": tfds.features.Image(shape=(size, size, 3), encoding_format="jpeg"),
        "face_id": tfds.features.Text(),
        "identity": tfds.features.Text(),
        "source": tfds.features.Text(),
    }
    return tfds.features.FeaturesDict(
        columns | {name: _feature(tfds, LABELS[name]) for name in labels}
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


def example(row: dict[str, Any], labels: list[str]) -> dict[str, Any]:
    """A row as the features take it: the picture's bytes as they are, no nulls."""
    values = {name: LABELS[name].missing if row[name] is None else row[name] for name in labels}
    return values | {
        "image": row["image"]["bytes"],
        "face_id": row["face_id"],
        "identity": row["identity"] or "",
        "source": row["source"],
    }


def _import_tfds() -> ModuleType:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # it greets on stderr
    import tensorflow_datasets as tfds

    module: ModuleType = tfds
    return module
