"""Local server for one user: serves the files of an analysis folder to those who know the token.

Any page in the browser and any program on the machine can send requests to 127.0.0.1. Therefore the address contains a
random token; the Host header must be this address, which prevents DNS rebinding; and requests from other origins are
rejected.
"""

from __future__ import annotations

import hmac
import json
import mimetypes
import secrets
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from podia.data.errors import PodiaError

_MAX_BYTES = 64_000_000
"""Maximum request size: many corrections with all their positions."""
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Answers = Callable[[Any], Any]
"""Handles the JSON of a request and returns that of the response; a PodiaError becomes a message for the user."""


class ReviewServer(ThreadingHTTPServer):
    """Serves the files of `folder`, `pages` instead of some of them, and the JSON requests `reads` and `writes`.

    Parameters
    ----------
    folder
        Only files inside this folder are served, without hidden ones.
    pages
        By name, a function that returns the file to serve, such as the report.
    reads, writes
        By name, handlers of GET and POST requests. Only one write runs at a time; a second is rejected.
    port
        Port on 127.0.0.1; 0 selects a free one.
    """

    daemon_threads = True

    def __init__(
        self,
        folder: Path,
        *,
        pages: dict[str, Callable[[], Path]],
        reads: dict[str, Callable[[], Any]],
        writes: dict[str, Answers],
        port: int = 0,
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.folder = folder.resolve()
        self.pages, self.reads, self.writes = pages, reads, writes
        self.token = secrets.token_urlsafe(24)

    @property
    def origin(self) -> str:
        """Scheme, host and port, as browsers name them."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def address(self) -> str:
        """Address of the folder, with the token."""
        return f"{self.origin}/{self.token}/"


class _Handler(BaseHTTPRequestHandler):
    server: ReviewServer
    timeout = 60

    def do_GET(self) -> None:
        name = self._name()
        if name is None:
            return
        if name in self.server.reads:
            self._send_json(self.server.reads[name]())
            return
        path = self.server.pages[name]() if name in self.server.pages else self._file(name)
        if path is None:
            self._refuse(HTTPStatus.NOT_FOUND, "There is no such file in this analysis.")
            return
        self._send_file(path)

    def do_POST(self) -> None:
        name = self._name()
        if name is None:
            return
        # A form of another page cannot send this type, and a script would send its own origin.
        if self.headers.get("Content-Type") != "application/json" or not self.headers.get("Origin"):
            self._refuse(HTTPStatus.FORBIDDEN, "Only the page of podia review may send this request.")
            return
        if name not in self.server.writes:
            self._refuse(HTTPStatus.NOT_FOUND, "There is no such operation.")
            return
        try:
            length = int(self.headers.get("Content-Length", ""))
            if not 0 <= length <= _MAX_BYTES:
                raise ValueError
            asked = json.loads(self.rfile.read(length))
        except ValueError:
            self._refuse(HTTPStatus.BAD_REQUEST, "The request is not JSON, or is too long.")
            return
        try:
            self._send_json(self.server.writes[name](asked))
        except PodiaError as error:
            self._refuse(HTTPStatus.CONFLICT, str(error))

    def _name(self) -> str | None:
        """Return the requested name, after the token; None if the request was rejected."""
        host = urlsplit(self.server.origin).netloc
        if self.headers.get_all("Host") != [host]:
            self._refuse(HTTPStatus.FORBIDDEN, "This is not an address of podia.")
            return None
        origin = self.headers.get("Origin")
        if origin not in (None, self.server.origin) or self.headers.get("Sec-Fetch-Site") == "cross-site":
            self._refuse(HTTPStatus.FORBIDDEN, "Only the page of podia review may send this request.")
            return None
        token, _, name = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
        if not hmac.compare_digest(token.encode(), self.server.token.encode()):
            self._refuse(HTTPStatus.NOT_FOUND, "Open the address that podia review printed.")
            return None
        return name

    def _file(self, name: str) -> Path | None:
        parts = name.split("/")
        if any(part.startswith(".") or not part for part in parts) or "\\" in name or "\0" in name:
            return None
        path = self.server.folder.joinpath(*parts)
        # A symbolic link may point outside the folder.
        inside = path.resolve().is_relative_to(self.server.folder)
        return path if inside and path.is_file() else None

    def _send_file(self, path: Path) -> None:
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        self._send(
            HTTPStatus.OK, f"{kind}; charset=utf-8" if kind.startswith("text/") else kind, path.read_bytes()
        )

    def _send_json(self, value: Any) -> None:
        self._send(HTTPStatus.OK, "application/json", json.dumps(value).encode())

    def _refuse(self, status: HTTPStatus, text: str) -> None:
        self._send(status, "text/plain; charset=utf-8", text.encode())

    def _send(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        for name, value in (_HEADERS | {"Content-Type": kind, "Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class's name
        """Keep requests off the terminal."""
