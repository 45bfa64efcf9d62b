"""Responses that must be over by a deadline, however slowly their bytes drip.

A socket's timeout starts anew with every byte, so one byte a second holds a thread for ever.
"""

import http.client
import io
import socket
import time
from typing import Any


class _TimedReader(io.RawIOBase):
    """The bytes of a socket until a deadline (of `time.monotonic`); then TimeoutError."""

    def __init__(self, raw: io.RawIOBase, opened: socket.socket, deadline: float) -> None:
        super().__init__()
        self._raw, self._socket, self._deadline = raw, opened, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline is past")
        self._socket.settimeout(left)
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class MalformedAnswerError(Exception):
    """An answer that is no HTTP."""


class TimedResponse(http.client.HTTPResponse):
    """Takes the socket's timeout, as it is when the request was sent, for headers and body."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        timeout = sock.gettimeout()
        if timeout is not None:
            raw = self.fp.detach()
            deadline = time.monotonic() + timeout
            self.fp = io.BufferedReader(_TimedReader(raw, sock, deadline))

    def _read_next_chunk_size(self) -> int:
        """The size of the next chunk; a negative one would be read as "all there is"."""
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]  # not in its stub
        if size < 0:
            raise MalformedAnswerError(f"chunk of {size} bytes")
        return size
