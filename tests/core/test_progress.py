"""Lines of progress in a log, for those who watch no terminal."""

import logging

import pytest

from stages.core import progress
from stages.core.progress import Progress, tracked


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the clock takes a second."""
    ticks = iter(range(1000))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(ticks)))


def test_says_how_far_it_is_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert list(tracked("abcdef", 6, "partition")) == list("abcdef")
    assert caplog.messages == [
        "2 of 6 partitions, 1.0 a second, 00:04 left",
        "4 of 6 partitions, 1.0 a second, 00:02 left",
        "6 of 6 partitions, 1.0 a second, 00:00 left",
    ]


def test_nothing_to_do_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert list(tracked([], 0, "partition")) == []
    assert caplog.messages == []


def test_counts_for_several_threads_and_a_total_that_changes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    progress = Progress(100, "picture")
    with caplog.at_level(logging.INFO):
        progress.advance()
        progress.expect(-96)
        for _ in range(3):
            progress.advance()
    assert caplog.messages == [
        "2 of 4 pictures, 1.0 a second, 00:02 left",
        "4 of 4 pictures, 1.0 a second, 00:00 left",
    ]
