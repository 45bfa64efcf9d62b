"""A picture in, a labelled picture out, with a detector that finds what it is told to."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stages.core.labels.known import LABELS
from stages.core.program import InputError
from stages.crop.detectors import onnx
from stages.network.modelfile import save
from stages.pictures.face import Face
from stages.tools import predict
from stages.train.models import plain

KEYPOINTS = ((50.0, 50.0), (70.0, 50.0), (60.0, 60.0), (52.0, 72.0), (68.0, 72.0))
FACES = [Face((40, 30, 40, 50), KEYPOINTS, 0.99), Face((10, 10, 30, 30), KEYPOINTS, 0.5)]
CROP = {"margin": 0.2, "align": True, "min_face_side": 20, "min_confidence": 0.9}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    save(plain.build(32, [LABELS["age"], LABELS["gender"]]), tmp_path / "model.keras")
    return tmp_path / "model.keras"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    stream = io.BytesIO()
    Image.new("RGB", (160, 120), (90, 120, 60)).save(stream, "PNG")
    (tmp_path / "picture.png").write_bytes(stream.getvalue())
    return tmp_path / "picture.png"


def find(monkeypatch: pytest.MonkeyPatch, faces: list[Face]) -> None:
    monkeypatch.setattr(onnx, "load", lambda min_face_side: lambda image: faces)


def test_faces_are_boxed_and_told(
    model: Path,
    picture: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    find(monkeypatch, FACES)
    caplog.set_level("INFO", "predict")
    predict.main(model, picture, tmp_path / "out.png", **CROP)
    with Image.open(tmp_path / "out.png") as page:
        assert page.size[1] == 120  # widened by the caption
        assert page.getpixel((40, 79)) == (0, 170, 90)
    (line,) = caplog.messages  # the other face is not sure enough
    assert line.startswith("face 1: age ")
    assert "gender " in line


def test_no_face_is_one_clear_line(
    model: Path, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(monkeypatch, [])
    with pytest.raises(InputError, match=r"picture\.png: no face found in it"):
        predict.main(model, picture, tmp_path / "out.png", **CROP)
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("content", [None, b"no picture"])
def test_what_is_no_picture(model: Path, tmp_path: Path, content: bytes | None) -> None:
    if content:
        (tmp_path / "picture").write_bytes(content)
    with pytest.raises(InputError, match="not a picture that can be read"):
        predict.main(model, tmp_path / "picture", tmp_path / "out.png", **CROP)


def test_captions_are_a_line_per_label() -> None:
    outputs = {"gender": np.array([[0.2, 0.8]]), "eyeglasses": np.array([[0.1]])}
    labels = [LABELS["gender"], LABELS["eyeglasses"]]
    assert predict.captions(outputs, labels, 1) == [
        ["gender female (80 %)", "eyeglasses no (90 %)"]
    ]
