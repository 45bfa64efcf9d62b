"""Ask a trained model about anyone's picture: every face boxed, with its age, gender and so on."""

import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from stages.core import plugins
from stages.core.labels.kinds import Label
from stages.core.program import InputError
from stages.core.scratch import atomic_path
from stages.core.stage import run
from stages.crop.choice import choose
from stages.evaluate import answers, gallery
from stages.network import devices, inputs, modelfile
from stages.pictures.crops import crop_face
from stages.pictures.decoder import Pixels, Rejected, decode
from stages.pictures.limits import Limits

DETECTORS = "stages.crop.detectors"
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
MAX_PIXELS = 200_000_000
QUALITY = 95  # of JPEG and WebP
log = logging.getLogger("predict")


def captions(
    outputs: dict[str, np.ndarray], labels: Iterable[Label], faces: int
) -> list[list[str]]:
    """For each face what the model says about it, a line per label."""
    by_label = [(answers.read(outputs, label), label) for label in labels]
    return [[answers.sentence(a, row, label) for a, label in by_label] for row in range(faces)]


def format_of(out: Path) -> str:
    """Pillow's name of the format that a path's suffix asks for; `InputError` for another."""
    if out.suffix.lower() not in FORMATS:
        allowed = ", ".join(FORMATS)
        raise InputError(f"{out}: cannot write {out.suffix or 'a name without suffix'}: {allowed}")
    return FORMATS[out.suffix.lower()]


def read_picture(path: Path) -> Pixels:
    """The picture as RGB pixels; `InputError` when there is none."""
    try:
        return decode(path.read_bytes(), Limits(MAX_PIXELS))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except Rejected as rejected:
        why = ": ".join(filter(None, (rejected.reason, rejected.detail)))
        raise InputError(f"{path}: not a picture that can be read ({why})") from None


def main(model: Path, picture: Path, out: Path) -> None:
    format = format_of(out)
    image = read_picture(picture)
    devices.quiet()
    network, card = modelfile.load(model)
    crop = card.crop  # as the faces were that the model learnt from, whatever params.yaml says now
    if crop.detector not in plugins.names(DETECTORS):
        raise InputError(f"{model}: needs the detector {crop.detector!r}, which is not installed")
    detect = plugins.find(DETECTORS, crop.detector, "crop.detector").load(crop.min_face_side)
    faces, reason = choose(detect(image), "all", crop.min_confidence, crop.min_face_side)
    if reason:
        raise InputError(f"{picture}: no face in it that the model could judge ({reason})")
    squares = np.stack(
        [crop_face(image, face, crop.margin, crop.size, crop.align) for face in faces]
    )
    outputs = network.predict_on_batch(inputs.shaped(squares, network.input_shape[1:]))
    lines = captions(outputs, card.labels, len(faces))
    with atomic_path(out) as draft:
        page = gallery.annotate(image, [face.box for face in faces], lines)
        page.save(draft, format, quality=QUALITY)
    for number, said in enumerate(lines, start=1):
        log.info("face %d: %s", number, ", ".join(said))


if __name__ == "__main__":
    run(main)
