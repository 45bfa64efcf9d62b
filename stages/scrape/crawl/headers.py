"""What response headers say about us: whether we may keep the picture, and when to come back."""

import datetime
from collections.abc import Iterable
from email.utils import parsedate_to_datetime

from stages.scrape.crawl.guard import AGENT

# The last is short for "noindex, nofollow".
OPT_OUT = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none"})
# These take a value behind a colon, so what stands before it is no agent's name.
_VALUED = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")


def opted_out(tags: Iterable[str]) -> str | None:
    """The first `X-Robots-Tag` directive that asks us or everyone to keep away, if any.

    An agent's name and a colon in front bind what follows it to that agent.
    """
    for tag in tags:
        agent = AGENT
        for part in tag.lower().split(","):
            name, colon, rest = part.partition(":")
            if colon and name.strip() in _VALUED:
                continue
            if colon:
                agent = name.strip()
            directive = (rest if colon else part).strip()
            if agent in (AGENT, "*") and directive in OPT_OUT:
                return directive
    return None


def http_date(text: str | None) -> datetime.datetime | None:
    """An HTTP date in UTC; None when there is none or it is not one."""
    try:
        date = parsedate_to_datetime(text or "")
        date = date.astimezone(datetime.UTC) if date.tzinfo else date.replace(tzinfo=datetime.UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return date.replace(microsecond=0)


def retry_after(text: str | None, at: datetime.datetime) -> float | None:
    """Seconds from `at` that a `Retry-After` header asks for, given as seconds or as a date."""
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    date = http_date(text)
    return None if date is None else max((date - at).total_seconds(), 0.0)
