"""Ask a trained model about anyone's picture: every face boxed, with its age, gender and so on."""

import logging
from pathlib import Path

import numpy as np

from stages.core.labels.kinds import Label
from stages.core.program import InputError, run
from stages.core.scratch import atomic_path
from stages.evaluate import answers, gallery
from stages.network import devices, inputs, modelfile

log = logging.getLogger("predict")


def captions(outputs: dict[str, np.ndarray], labels: list[Label], faces: int) -> list[list[str]]:
    """For each face what the model says of it, a line per label."""
    given = [(answers.read(outputs, label), label) for label in labels]
    return [[answers.sentence(a, row, label) for a, label in given] for row in range(faces)]


def main(
    model: Path,
    picture: Path,
    out: Path,
    margin: float,
    align: bool,
    min_face_side: int,
    min_confidence: float,
) -> None:
    devices.quiet()
    from stages.crop.detectors import onnx
    from stages.pictures import cropping

    try:
        image = cropping.decode(picture.read_bytes())
    except (ValueError, FileNotFoundError, IsADirectoryError) as error:
        raise InputError(f"{picture}: not a picture that can be read ({error})") from None
    network, labels = modelfile.load(model)
    found = onnx.load(min_face_side)(image)
    faces, reason = cropping.choose(found, "all", min_confidence, min_face_side)
    if reason:
        raise InputError(f"{picture}: no face found in it ({reason})")
    shape = network.input_shape[1:]
    side = max(shape[:2])
    crops = [cropping.crop_face(image, face, margin, side, align) for face in faces]
    outputs = network.predict_on_batch(inputs.shaped(np.stack(crops), shape))
    lines = captions(outputs, labels, len(faces))
    with atomic_path(out) as beside:
        gallery.annotate(image, [face.box for face in faces], lines).save(beside, "PNG")
    for number, said in enumerate(lines, start=1):
        log.info("face %d: %s", number, ", ".join(said))


if __name__ == "__main__":
    run(  # a face is cropped as those the model learnt from
        main,
        margin="crop.margin",
        align="crop.align",
        min_face_side="crop.min_face_side",
        min_confidence="crop.min_confidence",
    )
