"""The detector in ONNX Runtime: its arithmetic by literals, its boxes against the library's."""

import io
import pickle
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from stages.crop.detector import Detector
from stages.crop.detectors import mtcnn, onnx
from stages.crop.mtcnn import weights
from stages.crop.mtcnn.rows import faces_from_rows
from stages.pictures.decoder import decode
from stages.pictures.face import Face
from stages.pictures.limits import Limits
from tests.project import ROOT

LIMITS = Limits(max_pixels=50_000_000)

PORTRAITS = ROOT.parent / "shared" / "data" / "congress.zip"


@pytest.fixture(scope="module")
def detect() -> Detector:
    return onnx.load(20)


@pytest.mark.parametrize(
    ("height", "width", "min_face_side", "levels"),
    [
        (11, 500, 20, []),
        (24, 500, 20, [14]),
        (60, 60, 20, [36, 25, 18, 12]),
        (60, 60, 40, [18, 12]),  # the library adds two levels of 9 and 6 pixels, and fails
        (60, 60, 61, []),
    ],
)
def test_pyramid_keeps_to_levels_that_fit_the_network(
    height: int, width: int, min_face_side: int, levels: list[int]
) -> None:
    scales = onnx.pyramid(height, width, min_face_side)
    assert [int(min(height, width) * scale) for scale in scales] == levels


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 500))
def test_no_level_is_smaller_than_the_window(height: int, width: int, min_face_side: int) -> None:
    for scale in onnx.pyramid(height, width, min_face_side):
        assert int(min(height, width) * scale) >= onnx.CELL


def test_suppression_is_not_greedy() -> None:
    # Each overlaps its neighbour only; a greedy one would keep the third.
    boxes = np.array([[0, 0, 10, 10, 0.9], [4, 0, 14, 10, 0.8], [8, 0, 18, 10, 0.7]])
    assert onnx.kept(boxes, 0.3, "union").tolist() == [True, False, False]


def test_suppression_by_the_smaller_box() -> None:
    boxes = np.array([[0, 0, 10, 10, 0.9], [1, 1, 4, 4, 0.8], [20, 20, 30, 30, 0.7]])
    assert onnx.kept(boxes, 0.7, "union").tolist() == [True, True, True]
    assert onnx.kept(boxes, 0.7, "min").tolist() == [True, False, True]


def test_suppression_in_blocks_is_that_of_the_whole() -> None:
    corners = np.random.default_rng(1).uniform(0, 300, (3000, 2))
    boxes = np.hstack([corners, corners + 30, np.zeros((3000, 1))])
    once = [onnx.kept(boxes[: n + 1], 0.3, "union")[-1] for n in (0, 1023, 1024, 2999)]
    assert once == onnx.kept(boxes, 0.3, "union")[[0, 1023, 1024, 2999]].tolist()


@given(arrays.arrays(np.float64, (7, 5), elements=st.floats(0, 100)))
def test_squares_keep_centre_and_longer_side(boxes: np.ndarray) -> None:
    boxes[:, 2:4] += boxes[:, 0:2]
    squares = onnx.square(boxes)
    sides = squares[:, 2:4] - squares[:, 0:2]
    np.testing.assert_allclose(sides[:, 0], sides[:, 1], atol=1e-9)
    np.testing.assert_allclose(sides[:, 0], (boxes[:, 2:4] - boxes[:, :2]).max(axis=1), atol=1e-9)
    np.testing.assert_allclose(
        squares[:, :2] + squares[:, 2:4], boxes[:, :2] + boxes[:, 2:4], atol=1e-9
    )


def test_equal_scores_keep_a_fixed_order() -> None:
    boxes = np.array([[1, 0, 0, 0, 0.5], [2, 0, 0, 0, 0.9], [3, 0, 0, 0, 0.5]])
    assert onnx.by_score(boxes)[:, 0].tolist() == [2, 3, 1]


def test_faces_are_cut_to_the_picture() -> None:
    row = [-5.0, 10.0, 70.0, 45.5, 0.99, *range(5), *range(10, 15)]
    [face] = faces_from_rows(np.array([row]), height=40, width=60)
    assert face.box == (0, 10, 59, 29)
    assert face.keypoints == ((0, 10), (1, 11), (2, 12), (3, 13), (4, 14))
    assert face.confidence == 0.99


@pytest.mark.parametrize(
    "shape", [(1, 1), (11, 500), (12, 12), (17, 17), (20, 20), (40, 3000), (3000, 40), (200, 300)]
)
@pytest.mark.parametrize("min_face_side", [20, 40, 400])
def test_pictures_without_a_face(shape: tuple[int, int], min_face_side: int) -> None:
    rng = np.random.default_rng(0)
    find = onnx.load(min_face_side)
    assert find(np.full((*shape, 3), 128, np.uint8)) == []
    assert find(rng.integers(0, 256, (*shape, 3), dtype=np.uint8)) == []


def test_weights_are_read_in_order() -> None:
    shapes = [layer.shape for layer in weights.read("pnet")]
    assert shapes[:3] == [(3, 3, 3, 10), (10,), (1, 1, 10)]


def test_loading_imports_neither_the_library_nor_tensorflow() -> None:
    code = (
        "import sys; from stages.crop.detectors import onnx; onnx.load(20);"
        "assert not {'mtcnn', 'tensorflow', 'joblib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_weights_admit_no_other_pickle() -> None:
    with pytest.raises(pickle.UnpicklingError, match="does not belong in a weights file"):
        weights.unpack(pickle.dumps([io.BytesIO]))


def portraits(count: int) -> list[np.ndarray]:
    if not PORTRAITS.exists():
        pytest.skip("needs ../shared/data/congress.zip, real portraits that are not in git")
    with zipfile.ZipFile(PORTRAITS) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        return [decode(archive.read(name), LIMITS) for name in names[:count]]


def stable_sort(tensor: np.ndarray, scores: np.ndarray, ascending: bool = True) -> np.ndarray:
    order = np.argsort(scores, kind="stable")
    return tensor[order if ascending else order[::-1]]


def agree(ours: list[Face], theirs: list[Face]) -> int:
    return sum(
        float(np.abs(np.subtract(mine.box, other.box)).max()) < 0.01
        and float(np.abs(np.subtract(mine.keypoints, other.keypoints)).max()) < 0.01
        for mine, other in zip(ours, theirs, strict=False)
    )


@pytest.mark.slow
@pytest.mark.parametrize("min_face_side", [20, 40])
def test_boxes_agree_with_the_library(min_face_side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = portraits(60)
    rows = [np.hstack(pictures[start : start + 4]) for start in range(0, 12, 4)]
    mosaics = [np.vstack(rows), rows[0], np.vstack(rows)[:, 100:1000]]
    reference, detect = mtcnn.load(min_face_side), onnx.load(min_face_side)
    monkeypatch.setattr("mtcnn.utils.bboxes.sort_by_scores", stable_sort)
    found = [(detect(picture), reference(picture)) for picture in pictures + mosaics]
    faces = sum(max(len(ours), len(theirs)) for ours, theirs in found)
    assert faces >= 70
    assert sum(agree(ours, theirs) for ours, theirs in found) >= 0.995 * faces


@pytest.mark.slow
def test_one_face_in_a_portrait(detect: Detector) -> None:
    for picture in portraits(5):
        [face] = detect(picture)
        assert face.confidence > 0.95
        assert face.keypoints[0][0] < face.keypoints[1][0]
