"""What the site answers, as data: the server sends it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reply:
    """One answer. Status 0: hang up. A stream goes out chunked unless it states its length."""

    status: int = 200
    content_type: str = "image/jpeg"
    body: bytes | Iterator[bytes] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.0  # seconds before each piece of a stream
