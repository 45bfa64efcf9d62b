import dataclasses
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.credentials import cut
from stages.scrape.crawl.answer import Answer

AT = datetime.datetime(2024, 5, 1, 10, tzinfo=datetime.UTC)
texts = st.none() | st.text()


@given(st.text(), st.text(), texts, texts, st.binary())
def test_an_answer_comes_back_from_its_bytes(url, final_url, reason, detail, body) -> None:
    answer = Answer(url, final_url, AT, reason, detail, body)
    written = dataclasses.replace(answer, url=cut(url), final_url=cut(final_url))
    assert Answer.from_bytes(answer.to_bytes()) == written


@pytest.mark.parametrize(
    "content",
    [b"", b"{}\n", b"[]\n", b"null\n", b"not json\nbody", b'{"fetched_at": "x"}\n', b"\xff\n"],
)
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a kept answer"):
        Answer.from_bytes(content)


@given(st.binary())
def test_any_bytes_are_read_or_refused_by_name(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a kept answer"):
        Answer.from_bytes(content)


@pytest.mark.parametrize(
    ("reason", "transient"),
    [
        (None, False),
        ("timeout", True),
        ("connection_error", True),
        ("server_error", True),
        ("too_many_requests", True),
        ("not_found", False),
        ("robots_disallowed", False),
    ],
)
def test_what_may_pass(reason: str | None, transient: bool) -> None:
    assert Answer("u", "u", AT, reason).transient is transient
