"""The picture files of the drawn site: painted on demand, encoded, captioned and tagged.

A good file carries what a press agency's would: the date it was taken, a caption, and keywords
about that picture. Never what is true of the person on every picture; that is the catalogue's.
"""

import io
from dataclasses import replace
from functools import lru_cache

from PIL import ExifTags, Image

from stages.scrape.sources.demo.painter.person import Person, invent_person
from stages.scrape.sources.demo.painter.portrait import paint_portrait, paint_scene
from stages.scrape.sources.demo.painter.seeding import seeded_random
from stages.scrape.sources.demo.painter.shot import Shot, compose_shot
from stages.scrape.sources.demo.site.hits import DrawnHit

_KEPT_FILES = 512  # of some 20 kB, for duplicates, repeated tries and people who look around
_SCENE, _TINY = (288, 216), (24, 30)


def picture_bytes(hit: DrawnHit) -> bytes:
    """The whole file of a hit, whatever its server may then do to it."""
    kind = "portrait" if hit.kind == "duplicate" else hit.kind
    return _file(replace(hit, kind=kind, url="", expected=None))


@lru_cache(maxsize=_KEPT_FILES)
def _file(hit: DrawnHit) -> bytes:
    if hit.kind == "no_face":
        seed = seeded_random("scene", hit.page_url, hit.title).getrandbits(48)
        return encoded(paint_scene(seed, _SCENE), "JPEG")
    if hit.person is None or hit.shot is None:
        raise ValueError(f"{hit.title}: shows nobody, yet is a {hit.kind}")
    image = paint_portrait(hit.person, hit.shot)
    if hit.kind == "near_duplicate":
        return encoded(_cropped(image), "JPEG", quality=70)
    tags = exif(hit, hit.shot)
    if hit.kind == "two_faces":
        image = beside(image, _companion(hit.person, hit.shot))
        del tags[ExifTags.Base.XPKeywords]  # of which of the two?
    if hit.kind == "rotated":
        image = image.transpose(Image.Transpose.ROTATE_90)
        tags[ExifTags.Base.Orientation] = 6
    return encoded(_form(image, hit.kind), _FORMATS.get(hit.kind, "JPEG"), tags)


_FORMATS = {"webp": "WEBP", "png": "PNG"}
_MODES = {"grey": "L", "cmyk": "CMYK"}


def _form(image: Image.Image, kind: str) -> Image.Image:
    if kind == "tiny":
        return image.resize(_TINY)
    return image.convert(_MODES.get(kind, "RGB"))


def encoded(
    image: Image.Image, encoding: str, tags: Image.Exif | None = None, quality: int = 88
) -> bytes:
    """An image as a file's bytes."""
    file = io.BytesIO()
    image.save(file, encoding, exif=Image.Exif() if tags is None else tags, quality=quality)
    return file.getvalue()


def exif(hit: DrawnHit, shot: Shot) -> Image.Exif:
    """When and what: DateTimeOriginal, ImageDescription, and machine tags in XPKeywords."""
    tags = Image.Exif()
    tags[ExifTags.Base.ImageDescription] = hit.title.encode()
    tags[ExifTags.Base.XPKeywords] = (keywords(shot) + "\0").encode("utf-16-le")
    tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = (
        f"{shot.taken:%Y:%m:%d} 12:00:00"
    )
    return tags


def keywords(shot: Shot) -> str:
    """The shot's labels as machine tags, `faceline:name=value` joined by semicolons."""
    values = {
        "expression": shot.expression,
        "eyeglasses": int(shot.eyeglasses),
        "wearing_hat": int(shot.wearing_hat),
        "no_beard": int(shot.no_beard),
    }
    return ";".join(f"faceline:{name}={value}" for name, value in values.items())


def beside(left: Image.Image, right: Image.Image) -> Image.Image:
    """Two pictures side by side, as high as the left one."""
    right = right.resize((round(right.width * left.height / right.height), left.height))
    both = Image.new("RGB", (left.width + right.width, left.height))
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    return both


def _companion(person: Person, shot: Shot) -> Image.Image:
    companion = invent_person(f"{person.slug}-companion", {})
    return paint_portrait(companion, compose_shot(companion, shot.index))


def _cropped(image: Image.Image) -> Image.Image:
    """As another site would show it: two per cent less at every edge, and a tenth smaller."""
    width, height = image.size
    box = (width // 50, height // 50, width - width // 50, height - height // 50)
    return image.crop(box).resize((round(width * 0.9), round(height * 0.9)))
