"""A webhook's other end on loopback: answers as it is told to, and keeps what it was sent."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

OK = (200, {})


@dataclass
class Receiver:
    """What came in, in order."""

    url: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """One for each request; 200 for what comes after. A status of 0 is no answer at all."""
    bodies: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    over: threading.Event = field(default_factory=threading.Event)

    def wait_for(self, number: int) -> list[Any]:
        """The first so many bodies as JSON."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.bodies) >= number, 20), self.bodies
            return [json.loads(body) for body in self.bodies[:number]]

    def take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        with self.arrived:
            self.paths.append(path)
            self.headers.append(headers)
            self.bodies.append(body)
            self.arrived.notify_all()
            return self.answers.pop(0) if self.answers else OK


@contextmanager
def receiving(*answers: tuple[int, dict[str, str]], context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver at a port of its own; over TLS with `context`."""
    receiver = Receiver(answers=list(answers))

    class Peer(BaseHTTPRequestHandler):
        """One request."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers = receiver.take(self.path, dict(self.headers), body)
            if not status:
                receiver.over.wait(60)
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        """Says nothing about a peer that hangs up."""

        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not trust the certificate, or has waited long enough."""

    server = Server(("127.0.0.1", 0), Peer)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.url = f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
