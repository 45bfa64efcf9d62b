"""What cannot be written is refused by name, before anything is written."""

import pytest

from stages.core.labels.known import labels_of
from stages.core.program import InputError
from stages.formats import parquet
from stages.shard.survey import survey, width_of
from tests.faces_fixture import NAMES, Row, batches, face, jpeg, labels


def looked_at(rows: list[Row]) -> None:
    own = parquet.columns(labels_of(NAMES))
    survey(batches(rows, own, 9), labels_of(NAMES))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"split": "dev"}, "split = 'dev': must be one of train, validation, test"),
        ({"split": None}, "split = None: must be one of"),
        ({"gender": "robot"}, "gender = 'robot': must be one of male, female"),
        ({"face": {"bytes": jpeg(1, 20), "path": ""}}, "is 20 pixels wide, those before it 16"),
        ({"face": {"bytes": b"GIF89a", "path": ""}}, "is not a JPEG"),
    ],
)
def test_what_cannot_be_written_is_named(change: Row, message: str) -> None:
    good = face(0) | labels(1)
    with pytest.raises(InputError, match=message):
        looked_at([good, good | change])


def test_a_grey_face_is_refused() -> None:
    with pytest.raises(InputError, match="face x is 16×16 L: must be a square in RGB"):
        width_of(jpeg(1, mode="L"), "x")
