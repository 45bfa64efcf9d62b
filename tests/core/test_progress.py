"""Lines of progress in a log, for those who watch no terminal."""

import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import floats, integers, sampled_from

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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    total=integers(1, 10**9), share=floats(0, 1), rate=floats(1e-3, 1e6),
    unit=sampled_from(["partition", "picture", "face", "step"]),
)  # fmt: skip
def test_a_line_is_read_back(total: int, share: float, rate: float, unit: str) -> None:
    done = int(share * total)
    text = f"crop: {progress.line(done, total, unit, rate)}"
    assert progress.percent(text) == min(100, 100 * done / total)


@pytest.mark.parametrize(
    "text",
    [
        "scrape: demo: kept 62 of 80 pictures",
        "train: best epoch 3 of 40 (loss 1.2)",
        "train: epoch 3/40: loss 1.2, val_loss 1.3 (best)",
        "crop: 1 of 0 partitions, 1.0 a second, 00:00 left",
    ],
)
def test_other_lines_say_nothing_of_progress(text: str) -> None:
    assert progress.percent(text) is None
