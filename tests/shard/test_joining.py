"""Each example meets its own face, whatever the batches; one without a face is named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core import label_schema, schema
from stages.core.labels.known import labels_of
from stages.core.program import InputError
from stages.shard.joining import join
from tests.faces_fixture import NAMES, batches, face, people


@given(st.lists(st.integers(0, 35)), st.integers(1, 40), st.integers(1, 40))
@settings(max_examples=30)
def test_joining_gives_each_example_its_face(chosen: list[int], size: int, other: int) -> None:
    rows = [row for part in people().values() for row in part]
    wanted = [rows[index] for index in sorted(chosen)]
    own = label_schema.examples(labels_of(NAMES))
    joined = join(batches(wanted, own, size), batches(rows, schema.FACES, other))
    found = [row for batch in joined for row in batch.to_pylist()]
    assert [row["face"] for row in found] == [row["face"] for row in wanted]
    assert [row["face_id"] for row in found] == [row["face_id"] for row in wanted]


@pytest.mark.parametrize("change", ["missing", "out of order", "other identity"])
def test_joining_names_an_example_without_a_face(change: str) -> None:
    faces = [face(n) for n in range(3)]
    wanted = {
        "missing": [face(0), face(7)],
        "out of order": [face(1), face(0)],
        "other identity": [face(0), face(1) | {"identity": "bob"}],
    }[change]
    joined = join(
        batches(wanted, label_schema.examples(labels_of([])), 9), batches(faces, schema.FACES, 9)
    )
    with pytest.raises(InputError, match=f"face {wanted[1]['face_id']} of .* is not among"):
        list(joined)


def test_an_example_without_identity_joins_the_face_that_it_is_of() -> None:
    """Of a picture with several faces the stage `label` names nobody."""
    examples = batches([face(0) | {"identity": None}, face(1)], label_schema.examples([]), 9)
    faces = batches([face(0), face(1)], schema.FACES, 9)
    (joined,) = join(examples, faces)
    assert [each["bytes"] for each in joined["face"].to_pylist()] == [
        face(number)["face"]["bytes"] for number in (0, 1)
    ]
