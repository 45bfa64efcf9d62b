"""The library as reference: its trap with small pyramid levels is worked round."""

import zipfile

import numpy as np
import pytest

from stages.crop.detectors import mtcnn
from stages.pictures.decoder import decode
from stages.pictures.limits import Limits
from tests.project import ROOT

LIMITS = Limits(max_pixels=50_000_000)

PORTRAITS = ROOT.parent / "shared" / "data" / "congress.zip"

pytestmark = pytest.mark.slow  # loads TensorFlow


def test_a_large_min_face_size_still_finds_the_face() -> None:
    if not PORTRAITS.exists():
        pytest.skip("needs ../shared/data/congress.zip, real portraits that are not in git")
    with zipfile.ZipFile(PORTRAITS) as archive:
        name = min(name for name in archive.namelist() if name.endswith(".jpg"))
        picture = decode(archive.read(name), LIMITS)
    from mtcnn import MTCNN

    assert MTCNN().detect_faces(picture, min_face_size=40) == []  # the trap
    [face] = mtcnn.load(40)(picture)
    assert face.confidence > 0.95


@pytest.mark.parametrize("shape", [(1, 1), (11, 500), (12, 12), (40, 300), (100, 100)])
def test_pictures_without_a_face(shape: tuple[int, int]) -> None:
    assert mtcnn.load(20)(np.full((*shape, 3), 128, np.uint8)) == []
