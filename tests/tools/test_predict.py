"""A picture in, a labeled picture out, with a detector that gives the faces of the test."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from stages.core.labels.known import LABELS
from stages.core.program import InputError
from stages.core.stage import run
from stages.crop.detectors import onnx
from stages.pictures.face import Face
from stages.tools import predict
from stages.train.models import plain
from tests.models_fixture import CROP, save

KEYPOINTS = ((50.0, 50.0), (70.0, 50.0), (60.0, 60.0), (52.0, 72.0), (68.0, 72.0))
FACES = [Face((40, 30, 40, 50), KEYPOINTS, 0.99), Face((10, 10, 30, 30), KEYPOINTS, 0.5)]


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


def test_faces_are_boxed_and_captioned(
    model: Path,
    picture: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    find(monkeypatch, FACES)
    caplog.set_level("INFO", "predict")
    predict.main(model, picture, tmp_path / "out.png")
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
    with pytest.raises(InputError, match=r"picture\.png: no face in it that"):
        predict.main(model, picture, tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("content", [None, b"no picture"])
def test_what_is_no_picture(model: Path, tmp_path: Path, content: bytes | None) -> None:
    if content:
        (tmp_path / "picture").write_bytes(content)
    expected = "not a picture that can be read" if content else "cannot be read: No such file"
    with pytest.raises(InputError, match=expected):
        predict.main(model, tmp_path / "picture", tmp_path / "out.png")


def test_captions_are_a_line_per_label() -> None:
    outputs = {"gender": np.array([[0.2, 0.8]]), "eyeglasses": np.array([[0.1]])}
    labels = [LABELS["gender"], LABELS["eyeglasses"]]
    assert predict.captions(outputs, labels, 1) == [
        ["gender female (80 %)", "eyeglasses no (90 %)"]
    ]


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("out.png", b"\x89PNG"),
        ("out.jpg", b"\xff\xd8\xff"),
        ("out.JPEG", b"\xff\xd8\xff"),
        ("out.webp", b"RIFF"),
    ],
)
def test_the_suffix_says_what_is_written(
    model: Path,
    picture: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    start: bytes,
) -> None:
    find(monkeypatch, FACES)
    predict.main(model, picture, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize("name", ["out", "out.gif", "out.pdf", "out.png.txt"])
def test_other_suffixes_are_refused_before_any_work(tmp_path: Path, name: str) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(InputError, match=r"cannot write .*: \.png, \.jpg, \.jpeg, \.webp"):
        predict.main(missing, missing, tmp_path / name)


@pytest.mark.parametrize(
    "change",
    [
        {"margin": 0.9}, {"size": 20}, {"align": False}, {"detector": "mtcnn"},
        {"min_confidence": 0.999}, {"min_face_side": 100},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_parameters_of_today_change_no_answer(
    model: Path,
    picture: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    change: dict[str, Any],
) -> None:
    """A model is asked about faces cropped as those it learnt from."""
    find(monkeypatch, FACES)
    caplog.set_level("INFO", "predict")
    monkeypatch.chdir(tmp_path)
    pages = []
    for crop in ({}, change):
        params = {"crop": CROP.model_dump() | crop}
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
        monkeypatch.setattr("sys.argv", ["predict", str(model), str(picture), "out.png"])
        run(predict.main)
        pages.append((tmp_path / "out.png").read_bytes())
    assert caplog.messages[0] == caplog.messages[1]
    assert pages[0] == pages[1]


def test_each_crop_that_a_model_learnt_from_is_used(
    picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(monkeypatch, FACES)
    crops = []
    monkeypatch.setattr(
        predict, "crop_face", lambda image, *how: crops.append(how[1:]) or image[:32, :32]
    )
    network = plain.build(32, [LABELS["age"]])
    save(network, tmp_path / "m.keras", CROP.model_copy(update={"margin": -0.1, "align": False}))
    predict.main(tmp_path / "m.keras", picture, tmp_path / "out.png")
    assert crops == [(-0.1, 48, False)]


def test_a_detector_that_is_not_there(model: Path, picture: Path, tmp_path: Path) -> None:
    network = plain.build(32, [LABELS["age"]])
    save(network, tmp_path / "m.keras", CROP.model_copy(update={"detector": "retina"}))
    with pytest.raises(InputError, match="needs the detector 'retina'"):
        predict.main(tmp_path / "m.keras", picture, tmp_path / "out.png")
