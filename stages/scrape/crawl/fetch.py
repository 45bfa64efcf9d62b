"""One URL's answer: vetted, polite, within limits, and asked for again where that helps."""

import dataclasses
import time
from functools import partial
from urllib.parse import urljoin, urlsplit

import requests
import tenacity

from stages.scrape.crawl import budget as budgets
from stages.scrape.crawl.answer import OVER_BUDGET, Answer
from stages.scrape.crawl.budget import Budget
from stages.scrape.crawl.guard import GuardedSession
from stages.scrape.crawl.network import HINT, Network, Verdict
from stages.scrape.crawl.outcome import Limits, Outcome, explain, failed, judge
from stages.scrape.crawl.politeness import Politeness, Refusal
from stages.scrape.source import NO_NETWORK

REDIRECTS = 5
OUTAGES = 3  # after which an address is asked for once more
ROBOTS_BYTES = 512 * 1024  # RFC 9309 asks for 500 KiB at least
_backoff = tenacity.wait_exponential(multiplier=0.5, max=10) + tenacity.wait_random(0, 0.5)


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

    def _judge_network(self, outcome: Outcome, budget: Budget) -> Verdict:
        began = self._politeness.clock()
        host = urlsplit(outcome.answer.final_url).hostname or ""
        verdict = self._network.judge(host, outcome.asked or began, outcome.unknown_name)
        budget.excuse(self._politeness.clock() - began)
        return verdict

    def _retry(self, url: str, limits: Limits, budget: Budget, robots: bool) -> Outcome:
        retrying = tenacity.Retrying(
            stop=partial(_give_up, limits, budget),
            wait=_pause,
            retry=tenacity.retry_if_result(lambda outcome: outcome.retry),
            sleep=self._politeness.sleep,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        outcome: Outcome = retrying(self._attempt, url, limits, budget, robots)
        return outcome

    def _attempt(self, url: str, limits: Limits, budget: Budget, robots: bool) -> Outcome:
        target, left = url, limits.deadline
        for _ in range(REDIRECTS + 1):
            refusal = self._refusal(target, limits, budget, robots) or self._wait(target, budget)
            if refusal:
                return Outcome(failed(url, target, refusal))
            began, asked = time.monotonic(), self._politeness.clock()
            try:
                budget.take_request()
                with self._get(target, min(left, budget.seconds_left)) as response:
                    self._network.note(target)
                    if not response.is_redirect:
                        outcome = judge(url, response, target, limits)
                        if outcome.after:
                            self._politeness.hold(target, outcome.after)
                        return dataclasses.replace(outcome, asked=asked)
                    target = _redirect_target(target, response)
            except Exception as error:  # whatever one answer does, it costs one row
                return dataclasses.replace(explain(error, url, target), asked=asked)
            left -= time.monotonic() - began
        return Outcome(failed(url, target, Refusal("redirect_loop", f"{REDIRECTS} redirects")))

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
