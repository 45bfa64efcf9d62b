"""A quiet HTTP/1.1 server on loopback that can also be slow, endless or rude, and stops at once."""

import json
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RDWR, socket
from typing import Any, TextIO

from stages.scrape.sources.demo.site.reply import Reply

Answer = Callable[[str, str], Reply]  # from a host, and a path with its query

_TODAY = "Thu, 01 Jan 2026 00:00:00 GMT"  # fixed, as it is kept with each picture


@contextmanager
def listening(
    answer: Answer, hosts: Collection[str], log: Path | None, port: int
) -> Iterator[tuple[str, int]]:
    """Answer requests in threads while the block runs; gives the address and port.

    Besides by their names, `hosts` are reached as the first folder of a path.
    """
    with ExitStack() as stack:
        file = None
        if log:
            log.parent.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context(log.open("a", encoding="utf-8"))
        server = _Server(answer, hosts, file, port)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="demo site")
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.stop)
        yield "127.0.0.1", server.server_port


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # `server_close` waits for them, and `stop` hurries them
    request_queue_size = 128

    def __init__(
        self, answer: Answer, hosts: Collection[str], log: TextIO | None, port: int
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answer = answer
        self.hosts = hosts
        self.stopping = threading.Event()
        self._log = log
        self._lock = threading.Lock()
        self._open: set[socket] = set()

    def note(self, host: str, target: str, status: int) -> None:
        if self._log is None:
            return
        with self._lock:
            self._log.write(json.dumps({"host": host, "path": target, "status": status}) + "\n")
            self._log.flush()

    def stop(self) -> None:
        """Hang up on everyone, also on those whose connection is idle, and close."""
        self.stopping.set()
        self.shutdown()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):  # the client was quicker
                    connection.shutdown(SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients that leave in the middle are what a demo of mishaps is about.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        host, target = self.headers.get("Host", "").partition(":")[0], self.path
        first, _, rest = target.removeprefix("/").partition("/")
        if host not in self.server.hosts and first in self.server.hosts:
            host, target = first, f"/{rest}"
        reply = self.server.answer(host, target)
        self.server.note(host, target, reply.status)
        self._send(reply)

    do_HEAD = do_GET  # noqa: N815  the name that http.server looks for

    def _send(self, reply: Reply) -> None:
        if reply.status == 0:
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        chunked = not isinstance(reply.body, bytes) and "Content-Length" not in reply.headers
        if isinstance(reply.body, bytes):
            self.send_header("Content-Length", str(len(reply.body)))
        elif chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if self.command == "HEAD":
            return
        if isinstance(reply.body, bytes):
            self.wfile.write(reply.body)
        else:
            self._stream(reply.body, reply.pause, chunked)

    def _stream(self, pieces: Iterator[bytes], pause: float, chunked: bool) -> None:
        for piece in pieces:
            if self.server.stopping.wait(pause):
                self.close_connection = True
                return
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def date_time_string(self, timestamp: float | None = None) -> str:
        return _TODAY

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the log file says it all."""
