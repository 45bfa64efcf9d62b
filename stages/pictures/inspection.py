"""Is it a picture to keep, and how does it look?"""

from dataclasses import dataclass, field

import imagehash

from stages.pictures import exif
from stages.pictures.decoder import decoding
from stages.pictures.limits import Limits


@dataclass(frozen=True)
class Picture:
    """What is known of a picture without its pixels.

    width, height: in pixels of the upright picture. phash: 16 hex digits, of the same RGB picture
    in which faces are looked for, so that copies are alike whatever their depth and transparency.
    """

    format: str
    width: int
    height: int
    phash: str
    metadata: dict[str, str] = field(default_factory=dict)


def inspect(body: bytes, limits: Limits) -> Picture:
    """Decode a file wholly and describe its first frame; raises `Rejected`."""
    with decoding(body, limits) as decoded:
        image = decoded.image
        phash = str(imagehash.phash(image))
        return Picture(
            decoded.format, image.width, image.height, phash, exif.metadata(decoded.tags)
        )
