"""From a row of `IMAGES` to rows of `FACES`, or to one of `REJECTS`."""

import logging
from typing import Any

from stages.crop.choice import choose
from stages.crop.detector import Detector
from stages.crop.params import Params
from stages.pictures.crops import crop_face, crop_whole
from stages.pictures.decoder import Pixels, Rejected, decode
from stages.pictures.encoder import encode
from stages.pictures.face import Face
from stages.pictures.limits import Limits

log = logging.getLogger(__name__)
BLANK = 1.0  # grey levels of deviation; the flattest face of FER2013 has 3.9
Row = dict[str, Any]


def crop_picture(row: Row, detect: Detector, params: Params) -> tuple[list[Row], Row | None]:
    """The faces of one row of `IMAGES`, or one row of `REJECTS`."""
    picture = _without_pixels(row)
    image = _decoded(row)
    if image is None:
        return [], reject(picture, "unreadable")
    try:
        detected = detect(image)
    except Exception as error:  # the last resort: a detector's fault costs this picture alone
        log.warning("%s: the detector failed: %r", picture["url"], error)
        return [], reject(picture, "detector_failed")
    kept, reason = choose(detected, params.faces, params.min_confidence, params.min_face_side)
    if reason:
        return [], reject(picture, reason)
    faces = []
    for rank, face in enumerate(kept):
        crop = crop_face(image, face, params.margin, params.size, params.align)
        jpeg = encode(crop, params.jpeg_quality)
        faces.append(picture | describe(picture["image_id"], rank, face, len(detected), jpeg))
    return faces, None


def crop_precropped(row: Row, margin: float, params: Params) -> tuple[list[Row], Row | None]:
    """A picture that is a face already: its middle, resized; nothing is detected."""
    picture = _without_pixels(row)
    image = _decoded(row)
    if image is None:
        return [], reject(picture, "unreadable")
    if image.std() < BLANK:
        return [], reject(picture, "blank")
    height, width = image.shape[:2]
    nowhere = (0.0, 0.0)
    whole = Face((0.0, 0.0, float(width), float(height)), (nowhere,) * 5, confidence=1.0)
    jpeg = encode(crop_whole(image, margin, params.size), params.jpeg_quality)
    face = describe(picture["image_id"], 0, whole, 1, jpeg)
    return [picture | face | {"keypoints": None, "confidence": None}], None


def describe(image_id: str, rank: int, face: Face, faces_in_image: int, jpeg: bytes) -> Row:
    """The columns that `FACES` has beyond `IMAGES`."""
    face_id = f"{image_id}-{rank}"
    return {
        "face_id": face_id,
        "box": dict(zip(("x", "y", "width", "height"), face.box, strict=True)),
        "keypoints": [value for point in face.keypoints for value in point],
        "confidence": face.confidence,
        "faces_in_image": faces_in_image,
        "face": {"bytes": jpeg, "path": f"{face_id}.jpg"},
    }


def reject(picture: Row, reason: str) -> Row:
    """A row of `REJECTS` for a whole picture."""
    columns = ("source", "identity", "image_id", "url")
    return {name: picture[name] for name in columns} | {"face_id": None, "reason": reason}


def _without_pixels(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "image"}


def _decoded(row: Row) -> Pixels | None:
    """The picture, which may be as large as it was when `scrape` kept it; None if damaged."""
    try:
        return decode(row["image"]["bytes"], Limits(max_pixels=row["width"] * row["height"]))
    except Rejected:
        return None
