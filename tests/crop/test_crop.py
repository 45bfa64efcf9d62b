"""Pictures in, faces or reasons out; partitions from the store when nothing changed."""

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from stages.core import schema
from stages.core.program import InputError
from stages.core.store import Store
from stages.core.tables import read_table, to_parquet, write_rows
from stages.crop import __main__ as crop
from stages.crop import partitions
from stages.crop.detector import Detector
from stages.crop.faces import crop_picture, crop_precropped, reject
from stages.crop.params import Params
from stages.pictures.face import Face

PARAMS = Params(
    detector="onnx", faces="single", margin=0.1, size=32, align=False, min_confidence=0.9,
    min_face_side=20, jpeg_quality=90, precropped={},
)  # fmt: skip
POINTS = ((40.0, 40.0), (60.0, 40.0), (50.0, 50.0), (42.0, 60.0), (58.0, 60.0))


def face(confidence: float = 0.99, side: float = 40.0) -> Face:
    return Face((30.0, 30.0, side, side), POINTS, confidence)


def jpeg(columns: np.ndarray) -> bytes:
    file = io.BytesIO()
    pixels = np.broadcast_to(columns[None, :, None], (100, len(columns), 3))
    Image.fromarray(pixels.astype(np.uint8)).save(file, "JPEG")
    return file.getvalue()


def picture(name: str = "p", data: bytes | None = None) -> dict[str, object]:
    if data is None:
        data = jpeg(np.linspace(60, 120, 120))
    row: dict[str, object] = dict.fromkeys(schema.IMAGES.names)
    return row | {
        "image_id": name, "source": "demo", "identity": "abe", "url": f"http://x.test/{name}",
        "metadata": [("taken", "2001-01-01")], "width": 120, "height": 100,
        "image": {"bytes": data, "path": f"{name}.jpg"},
    }  # fmt: skip


def finds(*faces: Face) -> Detector:
    return lambda image: list(faces)


def test_a_single_face_becomes_a_row_with_its_provenance() -> None:
    (row,), rejected = crop_picture(picture(), finds(face()), PARAMS)
    assert rejected is None
    assert row["face_id"] == "p-0"
    assert row["identity"] == "abe"
    assert row["box"] == {"x": 30.0, "y": 30.0, "width": 40.0, "height": 40.0}
    assert row["keypoints"][:4] == [40.0, 40.0, 60.0, 40.0]
    assert row["faces_in_image"] == 1
    assert "image" not in row
    assert Image.open(io.BytesIO(row["face"]["bytes"])).size == (32, 32)


@pytest.mark.parametrize(
    ("faces", "reason"),
    [
        ([], "no_face"),
        ([face(), face()], "many_faces"),
        ([face(confidence=0.5)], "low_confidence"),
        ([face(side=12.0)], "too_small"),
    ],
)
def test_a_picture_without_a_usable_face_is_rejected_by_name(
    faces: list[Face], reason: str
) -> None:
    rows, rejected = crop_picture(picture(), finds(*faces), PARAMS)
    assert rows == []
    assert rejected == {
        "source": "demo", "identity": "abe", "image_id": "p", "url": "http://x.test/p",
        "face_id": None, "reason": reason,
    }  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"<html>", b"\xff\xd8\xff\xe0 cut"])
def test_what_is_no_picture_is_rejected(data: bytes) -> None:
    for result in (
        crop_picture(picture(data=data), finds(face()), PARAMS),
        crop_precropped(picture(data=data), 0.0, PARAMS),
    ):
        assert result[0] == []
        assert result[1]
        assert result[1]["reason"] == "unreadable"


def test_all_faces_are_numbered_by_confidence() -> None:
    many = PARAMS.model_copy(update={"faces": "all"})
    rows, _ = crop_picture(picture(), finds(face(0.99), face(0.95)), many)
    assert [row["face_id"] for row in rows] == ["p-0", "p-1"]
    assert {row["faces_in_image"] for row in rows} == {2}


def test_an_aligned_source_is_resized_whole_and_not_searched() -> None:
    (row,), rejected = crop_precropped(picture(), 0.0, PARAMS)
    assert rejected is None
    assert row["box"] == {"x": 0.0, "y": 0.0, "width": 120.0, "height": 100.0}
    assert row["confidence"] is None
    assert row["keypoints"] is None
    assert Image.open(io.BytesIO(row["face"]["bytes"])).size == (32, 32)


def test_an_aligned_picture_of_nothing_is_rejected() -> None:
    faces, rejected = crop_precropped(picture(data=jpeg(np.full(120, 90))), 0.0, PARAMS)
    assert faces == []
    assert rejected
    assert rejected["reason"] == "blank"


def run(folder: Path, params: Params) -> None:
    crop.main(
        folder / "images", folder / "store", folder / "faces", folder / "rejects.parquet",
        folder / "crop.json", params,
    )  # fmt: skip


def test_partitions_come_from_the_store_and_gone_ones_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aligned = PARAMS.model_copy(update={"precropped": {"images": 0.0}})
    for name in ("abe", "zoe"):
        rows = [picture(f"{name}-{n}") for n in range(3)] + [picture(f"{name}-bad", b"no")]
        write_rows(tmp_path / "images" / f"{name}.parquet", schema.IMAGES, rows)
    run(tmp_path, aligned)
    first = {path.name: path.read_bytes() for path in (tmp_path / "faces").iterdir()}
    assert sorted(first) == ["abe.parquet", "zoe.parquet"]
    assert read_table(tmp_path / "rejects.parquet")["reason"].to_pylist() == ["unreadable"] * 2

    def never(*_: object) -> None:
        raise AssertionError("a partition was cropped again")

    monkeypatch.setattr("stages.core.cluster.pool", never)
    (tmp_path / "images" / "zoe.parquet").unlink()
    run(tmp_path, aligned)
    assert [path.name for path in (tmp_path / "faces").iterdir()] == ["abe.parquet"]
    assert (tmp_path / "faces" / "abe.parquet").read_bytes() == first["abe.parquet"]
    assert read_table(tmp_path / "rejects.parquet").num_rows == 1


def test_what_the_store_holds_of_a_partition_is_whole_or_not_there(tmp_path: Path) -> None:
    store, (row,) = Store(tmp_path), crop_picture(picture(), finds(face()), PARAMS)[0]
    left_out = reject(picture("q"), "no_face")
    faces = to_parquet(pa.Table.from_pylist([row], schema.FACES))
    assert partitions.recall(store, "1" * 40) is None
    for key, rejects in (("a" * 40, []), ("b" * 40, [left_out])):
        kept = partitions.remember(store, key, faces, rejects)
        assert partitions.recall(store, key) == kept
        assert read_table(kept[0])["face_id"].to_pylist() == ["p-0"]
        for file in filter(None, kept):
            whole = file.read_bytes()
            file.write_bytes(whole[:-1])
            assert partitions.recall(store, key) is None
            file.write_bytes(whole)
    assert kept[1]
    assert json.loads(kept[1].read_bytes()) == [left_out]


def test_an_unknown_detector_lists_those_there_are(tmp_path: Path) -> None:
    unknown = PARAMS.model_copy(update={"detector": "yolo"})
    with pytest.raises(
        InputError, match=r"crop.detector = 'yolo': no such plug-in; allowed: mtcnn, onnx"
    ):
        run(tmp_path, unknown)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    with pytest.raises(InputError, match="holds no partition"):
        run(tmp_path, PARAMS)


def test_chunks_give_the_bytes_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partition is cropped in chunks, as many as it needs, and comes out the same."""
    precropped = PARAMS.model_copy(update={"precropped": {"images": 0.0}})
    rows = [picture(f"p-{n:03}", jpeg(np.linspace(n, 200, 120))) for n in range(100)]
    rows[70] |= {"image": {"bytes": b"no", "path": "p.jpg"}}
    made = {}
    for size in (7, 32, 1000):
        folder = tmp_path / str(size)
        write_rows(folder / "images" / "abe.parquet", schema.IMAGES, rows)
        monkeypatch.setattr(partitions, "CHUNK", size)
        run(folder, precropped)
        made[size] = (folder / "faces" / "abe.parquet").read_bytes()
        assert read_table(folder / "rejects.parquet")["image_id"].to_pylist() == ["p-070"]
    assert made[7] == made[32] == made[1000]


def test_a_detector_that_fails_costs_one_picture() -> None:
    def fail(image: object) -> list[Face]:
        raise RuntimeError("out of luck")

    rows, rejected = crop_picture(picture(), fail, PARAMS)
    assert rows == []
    assert rejected
    assert rejected["reason"] == "detector_failed"
