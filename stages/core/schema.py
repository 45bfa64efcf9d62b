"""The tables that travel between stages, as Arrow schemas; those with labels are in `label_schema`.

Order is part of the contract: partitions by (source, name), rows inside one by id. Tables after
`FACES` keep that order and carry no pixels, so a change of labels or splits copies no pictures;
`shard` walks `FACES` and `EXAMPLES` side by side to join them again.
"""

import pyarrow as pa

SPLITS = ("train", "validation", "test")

# The struct Hugging Face `datasets` shows as a picture.
PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
BOX = pa.struct([(side, pa.float32()) for side in ("x", "y", "width", "height")])
# left eye, right eye, nose, left and right mouth corner, as x, y pairs in pixels of the picture
KEYPOINTS = pa.list_(pa.float32())

PROVENANCE = [
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
DETECTION = [
    ("face_id", pa.string()),  # image_id, a hyphen, the face's rank by confidence
    ("box", BOX),
    ("keypoints", KEYPOINTS),
    ("confidence", pa.float32()),
    ("faces_in_image", pa.int32()),
]

IMAGES = pa.schema([*PROVENANCE, _METADATA, ("image", PICTURE)])
FACES = pa.schema([*PROVENANCE, *DETECTION, _METADATA, ("face", PICTURE)])

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
