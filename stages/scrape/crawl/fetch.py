"""One URL's answer: vetted, polite, within limits, and asked for again where that helps."""

import dataclasses
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import urljoin, urlsplit

import requests
import tenacity
import urllib3

from stages.scrape.crawl import budget as budgets
from stages.scrape.crawl.answer import OVER_BUDGET, Answer, now
from stages.scrape.crawl.budget import Budget
from stages.scrape.crawl.connector import BlockedAddressError
from stages.scrape.crawl.guard import GuardedSession
from stages.scrape.crawl.headers import http_date, opted_out, retry_after
from stages.scrape.crawl.network import HINT, Network, Verdict
from stages.scrape.crawl.politeness import Politeness, Refusal
from stages.scrape.crawl.timed import MalformedAnswerError
from stages.scrape.source import NO_NETWORK

REDIRECTS = 5
OUTAGES = 3  # after which an address is asked for once more
RETRY_AFTER_CAP = 30.0  # seconds
ROBOTS_BYTES = 512 * 1024  # RFC 9309 asks for 500 KiB at least
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
_backoff = tenacity.wait_exponential(multiplier=0.5, max=10) + tenacity.wait_random(0, 0.5)


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
class _Outcome:
    answer: Answer
    retry: bool = False  # another attempt in this run may help
    after: float = 0.0  # seconds, as the server asked
    asked: float | None = None  # clock time of the last request, if one was made
    silent: bool = False  # the host gave no answer at all, or not all of it
    unknown_name: bool = False  # a name server says that it does not exist


class Fetcher:
    """Asks for URLs; for several threads."""

    def __init__(self, session: GuardedSession, politeness: Politeness, network: Network) -> None:
        self._session, self._politeness, self._network = session, politeness, network

    def fetch(self, url: str, limits: Limits) -> Answer:
        """Ask for `url`, follow its redirects, and return what came of it, whatever it is.

        Every hop is vetted, checked against its host's robots.txt, and waits for the host's turn.
        Waiting for our turn and pausing between attempts do not count towards `limits.deadline`,
        but all of it towards the address's `Budget`. Raises `NetworkLostError`.
        """
        seconds = max(budgets.SECONDS, 2 * limits.deadline)
        return self._ask(url, limits, Budget(self._politeness.clock, seconds))

    def _ask(self, url: str, limits: Limits, budget: Budget, robots: bool = True) -> Answer:
        """The answer, asked for again when it was our own network that failed."""
        for _ in range(OUTAGES):
            outcome = self._retry(url, limits, budget, robots)
            verdict = self._judge_network(outcome, budget) if outcome.silent else "works"
            if verdict == "works":
                if outcome.asked is not None:
                    answer = outcome.answer
                    self._politeness.count(answer.final_url, failed=answer.transient)
                return outcome.answer
            if verdict == "unknown":
                break
        detail = f"{outcome.answer.detail or outcome.answer.reason}; {HINT}"
        return dataclasses.replace(outcome.answer, reason=NO_NETWORK, detail=detail)

    def _judge_network(self, outcome: _Outcome, budget: Budget) -> Verdict:
        began = self._politeness.clock()
        host = urlsplit(outcome.answer.final_url).hostname or ""
        verdict = self._network.judge(host, outcome.asked or began, outcome.unknown_name)
        budget.excuse(self._politeness.clock() - began)
        return verdict

    def _retry(self, url: str, limits: Limits, budget: Budget, robots: bool) -> _Outcome:
        retrying = tenacity.Retrying(
            stop=partial(_give_up, limits, budget),
            wait=_pause,
            retry=tenacity.retry_if_result(lambda outcome: outcome.retry),
            sleep=self._politeness.sleep,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        outcome: _Outcome = retrying(self._attempt, url, limits, budget, robots)
        return outcome

    def _attempt(self, url: str, limits: Limits, budget: Budget, robots: bool) -> _Outcome:
        target, left = url, limits.deadline
        for _ in range(REDIRECTS + 1):
            refusal = self._refusal(target, limits, budget, robots) or self._wait(target, budget)
            if refusal:
                return _Outcome(_failed(url, target, refusal))
            began, asked = time.monotonic(), self._politeness.clock()
            try:
                budget.take_request()
                with self._get(target, min(left, budget.seconds_left)) as response:
                    self._network.note(target)
                    if not response.is_redirect:
                        outcome = _judge(url, response, target, limits)
                        if outcome.after:
                            self._politeness.hold(target, outcome.after)
                        return dataclasses.replace(outcome, asked=asked)
                    target = _redirect_target(target, response)
            except Exception as error:  # whatever one answer does, it costs one row
                return dataclasses.replace(_explain(error, url, target), asked=asked)
            left -= time.monotonic() - began
        return _Outcome(_failed(url, target, Refusal("redirect_loop", f"{REDIRECTS} redirects")))

    def _refusal(self, target: str, limits: Limits, budget: Budget, robots: bool) -> Refusal | None:
        try:
            parts = urlsplit(target)
            scheme, host, _ = parts.scheme, parts.hostname, parts.port
        except ValueError:  # whose text may hold a password
            return Refusal("blocked_address", "not a URL")
        if scheme not in ("http", "https") or not host:
            return Refusal("blocked_address", f"scheme {scheme!r}" if host else "not a URL")
        if not robots:
            return None
        own = dataclasses.replace(limits, max_bytes=ROBOTS_BYTES, opt_out=False, cut=True)
        return self._politeness.refusal(
            target, partial(self._ask, limits=own, budget=budget, robots=False)
        )

    def _wait(self, target: str, budget: Budget) -> Refusal | None:
        excess = budget.excess()
        if excess:
            return Refusal(OVER_BUDGET, excess)
        queued = self._politeness.wait(target, budget.seconds_left)
        if queued is None:
            return Refusal(OVER_BUDGET, "the host asks for more time than an address may take")
        budget.excuse(queued)
        return None

    def _get(self, target: str, seconds: float) -> requests.Response:
        if seconds <= 0:
            raise requests.Timeout("the deadline passed while redirected")
        return self._session.ask(target, seconds)


def _give_up(limits: Limits, budget: Budget, state: tenacity.RetryCallState) -> bool:
    spent = state.attempt_number >= limits.attempts
    return spent or state.upcoming_sleep > budget.seconds_left


def _pause(state: tenacity.RetryCallState) -> float:
    after = state.outcome.result().after if state.outcome else 0.0
    return max(after, _backoff(state))


def _redirect_target(target: str, response: requests.Response) -> str:
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
        later = code in _LATER
        return _Outcome(answer, later, min(wait, RETRY_AFTER_CAP) if later else 0.0)
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


def _explain(error: Exception, url: str, target: str) -> _Outcome:
    """What an exception says of an address.

    A last resort for those that no list foresees, as a parser of hostile bytes may raise anything.
    """
    kind = type(error).__name__
    if isinstance(error, BlockedAddressError):
        return _Outcome(_failed(url, target, Refusal("blocked_address", str(error))))
    if isinstance(error, MalformedAnswerError | requests.exceptions.InvalidHeader):
        return _Outcome(_failed(url, target, Refusal("malformed_answer", kind)))
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return _Outcome(_failed(url, target, Refusal("timeout")), silent=True)
    # Errors over what is no URL, as requests' `InvalidURL`, are also ValueErrors.
    if isinstance(error, ValueError) and isinstance(error, (*_CONNECTION, UnicodeError)):
        return _Outcome(_failed(url, target, Refusal("blocked_address", f"not a URL: {kind}")))
    if isinstance(error, _CONNECTION):
        causes = list(_causes(error))
        names = [type(each).__name__ for each in causes if type(each).__module__ not in _PLAIN]
        answer = _failed(url, target, Refusal("connection_error", (names or [kind])[-1]))
        codes = {cause.errno for cause in causes if isinstance(cause, socket.gaierror)}
        return _Outcome(answer, True, silent=True, unknown_name=bool(codes & _UNKNOWN_NAME))
    return _Outcome(_failed(url, target, Refusal("malformed_answer", kind)))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it wraps: requests wraps urllib3's, which wraps those of sockets."""
    yield error
    wrapped = (getattr(error, "reason", None), *error.args, error.__cause__)
    for cause in wrapped:
        if isinstance(cause, BaseException):
            yield from _causes(cause)
            return
