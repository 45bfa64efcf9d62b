"""From one response, or the error in its place, to the answer and what to do about it."""

import dataclasses
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import requests
import urllib3

from stages.scrape.crawl.answer import Answer, now
from stages.scrape.crawl.connector import BlockedAddressError
from stages.scrape.crawl.headers import http_date, opted_out, retry_after
from stages.scrape.crawl.politeness import Refusal
from stages.scrape.crawl.timed import MalformedAnswerError

RETRY_AFTER_CAP = 30.0  # seconds
_CHUNK = 64 * 1024
_LATER = (429, 500, 502, 503, 504)
_REASONS = {
    401: "forbidden",
    403: "forbidden",
    404: "not_found",
    410: "not_found",
    429: "too_many_requests",
    451: "forbidden",
}
_CONNECTION = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)
_UNKNOWN_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
_PLAIN = ("builtins", "socket")  # modules of errors that say less than what wraps them


@dataclass(frozen=True)
class Limits:
    """Of one answer its bytes; of one attempt its seconds, redirects and all; the attempts.

    Without `opt_out`, X-Robots-Tag does not matter: it is about what one keeps, and a search page
    or a robots.txt is not kept. With `cut`, the first `max_bytes` of a longer answer will do.
    """

    max_bytes: int
    deadline: float
    attempts: int
    opt_out: bool = True
    cut: bool = False


@dataclass(frozen=True)
class Outcome:
    """An answer, and what it means for the attempts that follow."""

    answer: Answer
    retry: bool = False  # another attempt in this run may help
    after: float = 0.0  # seconds, as the server asked
    asked: float | None = None  # clock time of the last request, if one was made
    silent: bool = False  # the host gave no answer at all, or not all of it
    unknown_name: bool = False  # a name server says that it does not exist


def judge(url: str, response: requests.Response, target: str, limits: Limits) -> Outcome:
    """What a response that is no redirect gives, with its body read as far as the limits allow."""
    at = http_date(response.headers.get("Date")) or now()
    code = response.status_code
    answered = Answer(url, target, at)
    if not 200 <= code < 300:
        reason = _REASONS.get(code) or ("server_error" if code >= 500 else "http_error")
        wait = retry_after(response.headers.get("Retry-After"), at) or 0.0
        answer = dataclasses.replace(answered, reason=reason, detail=str(code))
        later = code in _LATER
        return Outcome(answer, later, min(wait, RETRY_AFTER_CAP) if later else 0.0)
    refusal = _objection(response, limits)
    body = None if refusal else _read(response, limits)
    if body is None:
        refusal = refusal or too_large(limits.max_bytes)
        return Outcome(dataclasses.replace(answered, reason=refusal.reason, detail=refusal.detail))
    return Outcome(dataclasses.replace(answered, body=body))


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


def failed(url: str, target: str, refusal: Refusal) -> Answer:
    """The answer of a URL that was refused, or failed at `target`."""
    return Answer(url, target, now(), refusal.reason, refusal.detail)


def explain(error: Exception, url: str, target: str) -> Outcome:
    """What an exception says of an address.

    A last resort for those that no list foresees, as a parser of hostile bytes may raise anything.
    """
    kind = type(error).__name__
    if isinstance(error, BlockedAddressError):
        return Outcome(failed(url, target, Refusal("blocked_address", str(error))))
    if isinstance(error, MalformedAnswerError | requests.exceptions.InvalidHeader):
        return Outcome(failed(url, target, Refusal("malformed_answer", kind)))
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return Outcome(failed(url, target, Refusal("timeout")), silent=True)
    # Errors over what is no URL, as requests' `InvalidURL`, are also ValueErrors.
    if isinstance(error, ValueError) and isinstance(error, (*_CONNECTION, UnicodeError)):
        return Outcome(failed(url, target, Refusal("blocked_address", f"not a URL: {kind}")))
    if isinstance(error, _CONNECTION):
        causes = list(_causes(error))
        names = [type(each).__name__ for each in causes if type(each).__module__ not in _PLAIN]
        answer = failed(url, target, Refusal("connection_error", (names or [kind])[-1]))
        codes = {cause.errno for cause in causes if isinstance(cause, socket.gaierror)}
        return Outcome(answer, True, silent=True, unknown_name=bool(codes & _UNKNOWN_NAME))
    return Outcome(failed(url, target, Refusal("malformed_answer", kind)))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it wraps: requests wraps urllib3's, which wraps those of sockets."""
    yield error
    wrapped = (getattr(error, "reason", None), *error.args, error.__cause__)
    for cause in wrapped:
        if isinstance(cause, BaseException):
            yield from _causes(cause)
            return
