"""The tables that travel between stages, as Arrow schemas.

Order is part of the contract: partitions by (source, name), rows inside one by id. Tables after
`FACES` keep that order and carry no pixels, so a change of labels or splits copies no pictures;
`shard` walks `FACES` and `EXAMPLES` side by side to join them again.
"""

from collections.abc import Iterable

import pyarrow as pa

from stages.core.labels import LABELS, Kind

SPLITS = ("train", "validation", "test")

# The struct Hugging Face `datasets` shows as a picture.
PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
BOX = pa.struct([(side, pa.float32()) for side in ("x", "y", "width", "height")])
# left eye, right eye, nose, left and right mouth corner, as x, y pairs in pixels of the picture
KEYPOINTS = pa.list_(pa.float32())

_PROVENANCE = [
    ("image_id", pa.string()),  # SHA-256 of the file as it was fetched
    ("source", pa.string()),
    ("identity", pa.string()),
    ("url", pa.string()),
    ("page_url", pa.string()),
    ("fetched_at", pa.timestamp("ms", tz="UTC")),
    ("licence", pa.string()),
    ("phash", pa.string()),  # 64-bit perceptual hash of the picture, 16 hex digits
    ("width", pa.int32()),
    ("height", pa.int32()),
]
_METADATA = ("metadata", pa.map_(pa.string(), pa.string()))
_DETECTION = [
    ("face_id", pa.string()),  # image_id, a hyphen, the face's rank by confidence
    ("box", BOX),
    ("keypoints", KEYPOINTS),
    ("confidence", pa.float32()),
    ("faces_in_image", pa.int32()),
]

IMAGES = pa.schema([*_PROVENANCE, _METADATA, ("image", PICTURE)])
FACES = pa.schema([*_PROVENANCE, *_DETECTION, _METADATA, ("face", PICTURE)])

_GIVEN = ("given_split", pa.string())  # the side that its data set has the picture on

# One row per URL (or file) tried. `reason` is null for a picture that was kept.
ATTEMPTS = pa.schema(
    [
        ("source", pa.string()),
        ("identity", pa.string()),
        ("rank", pa.int32()),
        ("url", pa.string()),
        ("page_url", pa.string()),
        ("image_id", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)
# One row per picture or face that a later stage left out, with why.
REJECTS = pa.schema(
    [
        ("source", pa.string()),
        ("identity", pa.string()),
        ("image_id", pa.string()),
        ("face_id", pa.string()),
        ("url", pa.string()),
        ("reason", pa.string()),
    ]
)

_ARROW: dict[Kind, pa.DataType] = {
    "number": pa.float32(),
    "category": pa.string(),
    "binary": pa.bool_(),
}


def labeled(labels: Iterable[str]) -> pa.Schema:
    """`LABELED`: a face without its pixels, its given side, and one nullable column per label."""
    columns = [(name, _ARROW[LABELS[name].kind]) for name in labels]
    return pa.schema([*_PROVENANCE, *_DETECTION, _GIVEN, *columns])


def examples(labels: Iterable[str]) -> pa.Schema:
    """`EXAMPLES`: `LABELED` and the side of the split, one of train, validation and test."""
    return labeled(labels).append(pa.field("split", pa.string()))
