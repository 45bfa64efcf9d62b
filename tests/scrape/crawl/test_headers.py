import datetime

import pytest

from stages.scrape.crawl.headers import http_date, opted_out, retry_after

AT = datetime.datetime(2024, 5, 1, 10, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("tags", "directive"),
    [
        (["noai, noimageai"], "noai"),
        (["NoImageAI"], "noimageai"),
        (["noindex"], "noindex"),
        (["noimageindex"], "noimageindex"),
        (["none"], "none"),
        (["all", "nofollow, noindex"], "noindex"),
        (["faceline: noai"], "noai"),
        (["otherbot: noindex, faceline: noai"], "noai"),
        (["unavailable_after: 25 Jun 2030 15:00:00 PST, noindex"], "noindex"),
        (["googlebot: noindex"], None),
        (["otherbot: noindex, noai"], None),
        (["nofollow, max-snippet: 20"], None),
        ([""], None),
        ([], None),
    ],
)
def test_opting_out(tags: list[str], directive: str | None) -> None:
    assert opted_out(tags) == directive


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("Wed, 01 May 2024 10:00:12 GMT", 12),
        ("Wed, 01 May 2024 09:00:00 GMT", 0),
        ("soon", None),
        ("-3", None),
        ("9" * 400, 999_999_999),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, AT) == seconds


def test_http_dates_without_a_zone_are_utc() -> None:
    assert http_date("Wed, 01 May 2024 10:00:00 -0000") == AT
    assert http_date("Wed, 01 May 2024 12:00:00 +0200") == AT
    assert http_date("Wed, 99 May 2024 12:00:00 GMT") is None
