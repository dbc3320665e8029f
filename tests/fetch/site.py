"""A small web site in a thread: serves one file as badly as the test wishes, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """`cuts` are lengths after which the next answers break off; `statuses` are given first, one each, with `extra` headers.

    With `pages` it has many files, by path; only answers of more than 1,000 bytes break off.
    """

    body: bytes = b""
    etag: str = '"v1"'
    name: str = "film.safetensors"
    cuts: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)
    redirect: str = ""
    ranges: bool = True
    honest: bool = True
    disposition: str = ""
    content_type: str = "application/octet-stream"
    length: bool = True
    token: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    on_ask: object = None
    pages: dict[str, bytes] = field(default_factory=dict)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/files/{self.name}"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:  # noqa: C901
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            return

        def do_GET(self) -> None:
            site.asked.append({key.lower(): value for key, value in self.headers.items()})
            site.paths.append(self.path)
            if callable(site.on_ask):
                site.on_ask()
            if site.token and self.headers.get("Authorization") != f"Bearer {site.token}":
                self._head(401, 0)
                return
            if site.redirect:
                self._head(302, 0, {"Location": site.redirect})
                return
            if site.statuses:
                self._head(site.statuses.pop(0), 0)
                return
            self._file()

        def _head(self, status: int, length: int | None, more: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for key, value in {**site.extra, **(more or {})}.items():
                self.send_header(key, value)
            if length is not None:
                self.send_header("Content-Length", str(length))
            self.send_header("Connection", "close")
            self.end_headers()

        def _file(self) -> None:
            more = {"Content-Type": site.content_type}
            if site.etag:
                more["ETag"] = site.etag
            if site.disposition:
                more["Content-Disposition"] = site.disposition
            whole = site.pages.get(self.path.partition("?")[0]) if site.pages else site.body
            if whole is None:
                self._head(404, 0)
                return
            start, status, size = 0, 200, len(whole)
            wanted = self.headers.get("Range", "")
            unchanged = not site.honest or self.headers.get("If-Range", site.etag) == site.etag
            if wanted and site.ranges and unchanged:
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
                if start >= size:
                    self._head(416, 0, {"Content-Range": f"bytes */{size}"})
                    return
                status, more["Content-Range"] = 206, f"bytes {start}-{size - 1}/{size}"
            body = whole[start:]
            self._head(status, len(body) if site.length else None, more)
            if site.cuts and (not site.pages or len(body) > 1000):
                body = body[: site.cuts.pop(0)]
            self.wfile.write(body)

    return Handler


@contextmanager
def serving(**changes: object) -> Iterator[Site]:
    """A site until the end of the block."""
    site = Site(**changes)  # type: ignore[arg-type]
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
