"""Faces as JPEG files."""

import cv2

from stages.pictures.decoder import Pixels


def encode(face: Pixels, quality: int) -> bytes:
    """Encode as JPEG without metadata; the same pixels and quality give the same bytes.

    quality: 0 to 100.
    """
    bgr = cv2.cvtColor(face, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"cannot encode an array of shape {face.shape} as JPEG")
    return data.tobytes()
