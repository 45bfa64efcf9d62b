"""One URL's answer: guarded, polite, within a deadline and a size, tried again where that helps."""

import dataclasses
import time
from dataclasses import dataclass
from functools import partial
from urllib.parse import urljoin, urlsplit

import requests
import tenacity
import urllib3

from stages.scrape.crawl.answer import Answer, now
from stages.scrape.crawl.connector import BlockedAddressError
from stages.scrape.crawl.guard import GuardedSession
from stages.scrape.crawl.headers import http_date, opted_out, retry_after
from stages.scrape.crawl.politeness import Politeness, Refusal

REDIRECTS = 5
RETRY_AFTER_CAP = 30.0  # seconds
ROBOTS_BYTES = 512 * 1024  # RFC 9309 asks for 500 KiB at least
_CHUNK = 64 * 1024
_AGAIN = (429, 500, 502, 503, 504)
_REASONS = {
    401: "forbidden",
    403: "forbidden",
    404: "not_found",
    410: "not_found",
    429: "too_many_requests",
    451: "forbidden",
}
_FAILURES = (
    BlockedAddressError,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    UnicodeError,
)
_backoff = tenacity.wait_exponential(multiplier=0.5, max=10) + tenacity.wait_random(0, 0.5)


@dataclass(frozen=True)
class Limits:
    """Bytes of one answer; seconds of one try, redirects and all; tries of what says "later".

    Without `opt_out`, X-Robots-Tag is not asked: it is about what one keeps, and a search page or
    a robots.txt is not kept. With `cut`, the first `max_bytes` of a longer answer will do.
    """

    max_bytes: int
    deadline: float
    tries: int
    opt_out: bool = True
    cut: bool = False


@dataclass(frozen=True)
class _Outcome:
    answer: Answer
    again: bool = False  # another try in this run may help
    after: float = 0.0  # seconds, as the server asked


def fetch(
    session: GuardedSession, url: str, limits: Limits, politeness: Politeness, robots: bool = True
) -> Answer:
    """Ask for `url`, follow its redirects, and say what came of it; never raises for an answer.

    Every hop is vetted, checked against its host's robots.txt, and waits for the host's turn.
    Waiting for our turn and pausing between tries do not count towards `limits.deadline`.
    """
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(limits.tries),
        wait=_pause,
        retry=tenacity.retry_if_result(lambda outcome: outcome.again),
        sleep=politeness.sleep,
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
    )
    outcome: _Outcome = retrying(_try, session, url, limits, politeness, robots)
    return outcome.answer


def _pause(state: tenacity.RetryCallState) -> float:
    after = state.outcome.result().after if state.outcome else 0.0
    return max(after, _backoff(state))


def _try(
    session: GuardedSession, url: str, limits: Limits, politeness: Politeness, robots: bool
) -> _Outcome:
    target, left = url, limits.deadline
    for _ in range(REDIRECTS + 1):
        refusal = _refusal(session, target, limits, politeness, robots)
        if refusal:
            return _Outcome(_failed(url, target, refusal))
        politeness.wait(target)
        began = time.monotonic()
        try:
            with _get(session, target, left) as response:
                if not response.is_redirect:
                    outcome = _judge(url, response, target, limits)
                    if outcome.after:
                        politeness.hold(target, outcome.after)
                    return outcome
                target = _onward(target, response)
        except _FAILURES as error:
            refusal = _explain(error)
            again = refusal.reason == "connection_error"
            return _Outcome(_failed(url, target, refusal), again)
        left -= time.monotonic() - began
    return _Outcome(_failed(url, target, Refusal("redirect_loop", f"{REDIRECTS} redirects")))


def _refusal(
    session: GuardedSession, target: str, limits: Limits, politeness: Politeness, robots: bool
) -> Refusal | None:
    try:
        parts = urlsplit(target)
        scheme, host, _ = parts.scheme, parts.hostname, parts.port
    except ValueError:
        return Refusal("blocked_address", "not a URL")
    if scheme not in ("http", "https") or not host:
        return Refusal("blocked_address", f"scheme {scheme!r}" if host else "not a URL")
    if not robots:
        return None
    own = dataclasses.replace(limits, max_bytes=ROBOTS_BYTES, opt_out=False, cut=True)
    read = partial(fetch, session, limits=own, politeness=politeness, robots=False)
    return politeness.refusal(target, read)


def _get(session: GuardedSession, target: str, seconds: float) -> requests.Response:
    if seconds <= 0:
        raise requests.Timeout("the deadline passed while redirected")
    return session.ask(target, seconds)


def _onward(target: str, response: requests.Response) -> str:
    # Header bytes arrive as Latin-1, but are UTF-8 where they are not ASCII.
    location = response.headers["location"].encode("latin-1", "replace").decode("utf-8", "replace")
    try:
        return urljoin(target, location)
    except ValueError:
        return location  # to be refused as no URL


def _judge(url: str, response: requests.Response, target: str, limits: Limits) -> _Outcome:
    at = http_date(response.headers.get("Date")) or now()
    code = response.status_code
    answered = Answer(url, target, at)
    if not 200 <= code < 300:
        reason = _REASONS.get(code) or ("server_error" if code >= 500 else "http_error")
        wait = retry_after(response.headers.get("Retry-After"), at) or 0.0
        answer = dataclasses.replace(answered, reason=reason, detail=str(code))
        again = code in _AGAIN
        return _Outcome(answer, again, min(wait, RETRY_AFTER_CAP) if again else 0.0)
    refusal = _objection(response, limits)
    body = None if refusal else _read(response, limits)
    if body is None:
        refusal = refusal or too_large(limits.max_bytes)
        return _Outcome(dataclasses.replace(answered, reason=refusal.reason, detail=refusal.detail))
    return _Outcome(dataclasses.replace(answered, body=body))


def too_large(max_bytes: int) -> Refusal:
    """The refusal of a body over the limit; it names the limit, on which it depends."""
    return Refusal("too_large", f"more than {max_bytes} bytes")


def _objection(response: requests.Response, limits: Limits) -> Refusal | None:
    tag = opted_out(response.raw.headers.getlist("X-Robots-Tag")) if limits.opt_out else None
    if tag:
        return Refusal("opted_out", tag)
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        return Refusal("compressed_body", encoding[:40])
    length = response.headers.get("Content-Length", "").strip()
    if length.isascii() and length.isdigit() and not limits.cut:
        return too_large(limits.max_bytes) if int(length[:18]) > limits.max_bytes else None
    return None


def _read(response: requests.Response, limits: Limits) -> bytes | None:
    body = bytearray()
    while chunk := response.raw.read(_CHUNK, decode_content=False):
        body += chunk
        if len(body) > limits.max_bytes:
            return bytes(body[: limits.max_bytes]) if limits.cut else None
    return bytes(body)


def _failed(url: str, target: str, refusal: Refusal) -> Answer:
    return Answer(url, target, now(), refusal.reason, refusal.detail)


def _explain(error: Exception) -> Refusal:
    if isinstance(error, BlockedAddressError):
        return Refusal("blocked_address", str(error))
    timeouts = (requests.Timeout, urllib3.exceptions.TimeoutError)
    if isinstance(error, timeouts):
        return Refusal("timeout")
    # requests' errors over what is no URL, as its `InvalidURL`, are also ValueErrors.
    if isinstance(error, ValueError):
        return Refusal("blocked_address", f"not a URL: {type(error).__name__}")
    return Refusal("connection_error", type(error).__name__)
