"""Texts in one form: names of files as one line, letters composed."""

import os
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from stages.core.texts import composed, escaped

NAMES = st.one_of(st.binary(max_size=8), st.text(max_size=8).map(str.encode)).map(os.fsdecode)


@given(NAMES, NAMES)
def test_two_names_are_never_one_text(one: str, other: str) -> None:
    assert (escaped(one) == escaped(other)) == (one == other)


@given(st.text(st.characters(codec=None), max_size=8))
def test_every_name_is_one_printable_line(name: str) -> None:
    assert escaped(name).isprintable()
    escaped(name).encode()


@given(st.text())
def test_letters_composed_or_not_are_one(text: str) -> None:
    assert composed(unicodedata.normalize("NFD", text)) == composed(text)
