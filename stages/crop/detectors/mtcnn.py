"""MTCNN as the `mtcnn` package runs it: the reference that `onnx` is compared with.

Zhang et al. 2016. Loads TensorFlow: slow to start and some 600 MB.
"""

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from stages.crop.detector import Detector
from stages.crop.mtcnn.rows import faces_from_rows
from stages.pictures.face import Face


def load(min_face_side: int) -> Detector:
    """Load the library's detector, one picture at a time, on the CPU.

    min_face_side: side of the smallest face looked for, pixels.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read once, while TensorFlow is imported

    from mtcnn import MTCNN
    from mtcnn.stages import StageONet, StagePNet, StageRNet
    from mtcnn.utils.images import build_scale_pyramid

    first = StagePNet()

    def propose(images_oshapes: npt.NDArray[np.int_], **options: Any) -> npt.NDArray[np.float64]:
        """Run the library's first stage on the levels of the pyramid that fit its network.

        From a min_face_side of 22 up, the library makes levels smaller than P-Net's window, and
        takes the error for "no faces". This stage uses the picture's shape only to count levels,
        so we pass a shape that has as many levels as fit.
        """
        height, width = images_oshapes[0, :2]
        if min(height, width) < 12:
            return np.empty((0, 6))
        scales = build_scale_pyramid(width, height, min_face_side, scale_factor=0.709)
        levels = sum(int(min(height, width) * scale) >= 12 for scale in scales)
        side = 12 * 0.709 ** -(levels + 1)
        proposals: npt.NDArray[np.float64] = first(
            images_oshapes=np.array([[side, side, 3]]), min_face_size=min_face_side, **options
        )
        return proposals

    detector = MTCNN(stages=[propose, StageRNet(), StageONet()])

    def detect(picture: npt.NDArray[np.uint8]) -> list[Face]:
        rows = detector.detect_faces(
            picture, fit_to_image=False, box_format="xyxy", output_type="numpy"
        )
        height, width = picture.shape[:2]
        return faces_from_rows(rows[:, 1:16], height, width)

    return detect
