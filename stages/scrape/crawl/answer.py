"""What came of asking for one URL, and its form in the store: a line of JSON, then the body."""

import dataclasses
import datetime
import json
from dataclasses import dataclass

from stages.core.credentials import cut
from stages.scrape.source import NO_NETWORK

OVER_BUDGET = "over_budget"
# Failures that another day may not see again.
TRANSIENT = frozenset(
    {"timeout", "connection_error", "server_error", "too_many_requests", NO_NETWORK, OVER_BUDGET}
)


@dataclass(frozen=True)
class Answer:
    """`reason` is None when `body` is what the URL gave; `fetched_at` is UTC in whole seconds."""

    url: str
    final_url: str
    fetched_at: datetime.datetime
    reason: str | None = None
    detail: str | None = None
    body: bytes = dataclasses.field(default=b"", repr=False)

    @property
    def transient(self) -> bool:
        """Whether asking again another day may help."""
        return self.reason in TRANSIENT

    def to_bytes(self) -> bytes:
        """The form that `from_bytes` reads; addresses stand in it without credentials."""
        header = {
            "url": cut(self.url),
            "final_url": cut(self.final_url),
            "fetched_at": int(self.fetched_at.timestamp()),
            "reason": self.reason,
            "detail": self.detail,
        }
        return json.dumps(header).encode() + b"\n" + self.body

    @classmethod
    def from_bytes(cls, content: bytes) -> "Answer":
        """The answer that was kept; ValueError when the bytes are not one."""
        header, separator, body = content.partition(b"\n")
        try:
            fields = json.loads(header)
            at = datetime.datetime.fromtimestamp(fields.pop("fetched_at"), datetime.UTC)
            answer = cls(**fields, fetched_at=at, body=body)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"not a kept answer: {error}") from error
        if not separator:
            raise ValueError("not a kept answer: no line end")
        return answer


def now() -> datetime.datetime:
    """The present in UTC, in whole seconds."""
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)
