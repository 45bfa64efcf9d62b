"""MTCNN in ONNX Runtime: the `mtcnn` package's boxes, many times sooner and without TensorFlow.

Zhang et al. 2016, "Joint Face Detection and Alignment using Multi-task Cascaded Convolutional
Networks". Steps, constants and quirks are those of `mtcnn` 1.0.0, so that boxes agree with it;
where it differs from the paper, so does this. One thread a session: run one process per core.
"""

from collections.abc import Iterator
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from stages.crop.detector import Detector
from stages.crop.mtcnn.networks import build
from stages.crop.mtcnn.rows import faces_from_rows
from stages.pictures.face import Face

CELL = 12  # side of P-Net's window, pixels
STRIDE = 2  # step between P-Net's windows, pixels
SHRINK = 0.709  # from one level of the pyramid to the next
THRESHOLDS = {"pnet": 0.6, "rnet": 0.7, "onet": 0.8}
CUDA_OPTIONS = {
    "cudnn_conv_algo_search": "HEURISTIC",  # the default times every kernel for each new shape
    "use_tf32": "0",  # ten-bit mantissas would move the boxes
}

Floats = npt.NDArray[np.float64]  # boxes: rows of x1, y1, x2, y2, score[, keypoints]
Image = npt.NDArray[np.float32]


def load(min_face_side: int) -> Detector:
    """Load the three networks; the detector runs on CUDA where the runtime has it.

    min_face_side: side of the smallest face looked for, pixels. Smaller costs more time.
    Raises ModuleNotFoundError without the `mtcnn` package.
    """
    pnet, rnet, onet = (open_session(name) for name in THRESHOLDS)

    def detect(picture: npt.NDArray[np.uint8]) -> list[Face]:
        height, width = picture.shape[:2]
        image = (picture.astype(np.float32) - np.float32(127.5)) / np.float32(128)
        boxes = propose(pnet, image, min_face_side)
        planes = channels_first(image)
        if len(boxes):
            boxes = refine(rnet, planes, boxes)
        if len(boxes):
            boxes = finish(onet, planes, boxes)
        return faces_from_rows(boxes, height, width) if len(boxes) else []

    return detect


def open_session(name: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.enable_mem_pattern = False  # shapes change with every call
    options.log_severity_level = 3
    providers: list[Any] = ["CPUExecutionProvider"]
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        providers.insert(0, ("CUDAExecutionProvider", CUDA_OPTIONS))
    return onnxruntime.InferenceSession(build(name), options, providers=providers)


def propose(pnet: onnxruntime.InferenceSession, image: Image, min_face_side: int) -> Floats:
    """P-Net over the pyramid: square candidates, (n, 5)."""
    height, width = image.shape[:2]
    levels = []
    for scale in pyramid(height, width, min_face_side):
        size = (int(width * scale), int(height * scale))
        level = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        offsets, scores = pnet.run(None, {"image": channels_first(level)})
        boxes = by_score(windows(offsets[0], scores[0, 1]))
        boxes[:, :4] /= scale
        levels.append(boxes[kept(boxes, 0.5, "union")])
    if not levels:
        return np.empty((0, 5))
    boxes = by_score(np.concatenate(levels))
    return square(boxes[kept(boxes, 0.7, "union")])


def pyramid(height: int, width: int, min_face_side: int) -> Iterator[float]:
    """Yield the scales at which P-Net looks.

    The library counts levels by the picture alone, whatever min_face_side is, and fails on those
    that come out smaller than P-Net's window, returning no face at all; here they are left out.
    """
    shorter = min(height, width)
    if shorter < CELL:
        return
    for level in range(round(-(np.log(shorter / CELL) / np.log(SHRINK) + 1))):
        scale = CELL / min_face_side * SHRINK**level
        if int(shorter * scale) >= CELL:
            yield scale


def windows(offsets: Image, scores: Image) -> Floats:
    """P-Net's windows that hold a face, moved by their offsets; (4, h, w), (h, w) -> (n, 5)."""
    rows, columns = np.nonzero(scores > THRESHOLDS["pnet"])
    left, top = columns * STRIDE + 1, rows * STRIDE + 1
    corners = np.stack([left, top, left + CELL - 1, top + CELL - 1])
    moved = corners + offsets[:, rows, columns] * (CELL - 1)
    return np.vstack([moved, scores[rows, columns]]).T.astype(np.float64)


def refine(rnet: onnxruntime.InferenceSession, planes: Image, boxes: Floats) -> Floats:
    """R-Net: fewer and better squares, (n, 5)."""
    offsets, scores = rnet.run(None, {"image": planes, "boxes": shares(planes, boxes)})
    boxes = moved(boxes, offsets, scores)
    boxes = by_score(boxes[boxes[:, 4] > THRESHOLDS["rnet"]])
    return square(boxes[kept(boxes, 0.7, "union")])


def finish(onet: onnxruntime.InferenceSession, planes: Image, boxes: Floats) -> Floats:
    """O-Net: the faces with their keypoints, (n, 15), the most confident first."""
    offsets, points, scores = onet.run(None, {"image": planes, "boxes": shares(planes, boxes)})
    width, height = boxes[:, 2:3] - boxes[:, 0:1] + 1, boxes[:, 3:4] - boxes[:, 1:2] + 1
    xs = width * points[:, :5] + boxes[:, 0:1] - 1
    ys = height * points[:, 5:] + boxes[:, 1:2] - 1
    boxes = np.hstack([moved(boxes, offsets, scores), xs, ys])
    boxes = by_score(boxes[boxes[:, 4] > THRESHOLDS["onet"]])
    return boxes[kept(boxes, 0.7, "min")]


def moved(boxes: Floats, offsets: Image, scores: Image) -> Floats:
    """The boxes with new scores, moved by shares of their size (the library's, one too large)."""
    sizes = boxes[:, 2:4] - boxes[:, 0:2] + 1
    return np.hstack([boxes[:, :4] + offsets * np.tile(sizes, 2), scores[:, 1:]])


def shares(planes: Image, boxes: Floats) -> Image:
    """The boxes as shares of the picture: y1, x1, y2, x2."""
    height, width = planes.shape[2:]
    return (boxes[:, [1, 0, 3, 2]] / [height, width, height, width]).astype(np.float32)


def channels_first(image: Image) -> Image:
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None])


def by_score(boxes: Floats) -> Floats:
    """Highest score first. Stable, unlike the library's, whose ties depend on what is beside them.

    Of equal scores the later comes first, as in the library: it reverses an ascending order.
    """
    return boxes[np.argsort(boxes[:, 4], kind="stable")[::-1]]


def square(boxes: Floats) -> Floats:
    """Grow each box's shorter side to the longer, round the same centre."""
    sizes = boxes[:, 2:4] - boxes[:, 0:2]
    side = sizes.max(axis=1, keepdims=True)
    corner = boxes[:, 0:2] + sizes * 0.5 - side * 0.5
    return np.hstack([corner, corner + side, boxes[:, 4:]])


def kept(boxes: Floats, threshold: float, method: Literal["union", "min"]) -> npt.NDArray[np.bool_]:
    """Which of the boxes, highest score first, overlap no higher one by more than `threshold`.

    Overlap is the shared area over that of the union or of the smaller box. Not greedy, as in the
    library: a box goes even when the one that it overlaps goes as well.
    """
    x1, y1, x2, y2 = boxes[:, :4].T
    areas = (x2 - x1) * (y2 - y1)
    keep = np.ones(len(boxes), dtype=bool)
    block = 1024  # bounds the memory: a large picture has tens of thousands of candidates
    for start in range(0, len(boxes), block):
        low = slice(start, start + block)
        high = slice(0, start + block)
        across = np.minimum(x2[low, None], x2[high]) - np.maximum(x1[low, None], x1[high])
        down = np.minimum(y2[low, None], y2[high]) - np.maximum(y1[low, None], y1[high])
        shared = np.maximum(across, 0) * np.maximum(down, 0)
        if method == "union":
            whole = areas[low, None] + areas[high] - shared
        else:
            whole = np.minimum(areas[low, None], areas[high])
        covered = np.tril(shared > threshold * whole, start - 1)  # by higher ones only
        keep[low] = ~covered.any(axis=1)
    return keep
