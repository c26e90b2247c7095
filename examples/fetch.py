"""Fetch pages from a web server that takes its time.

Waiting needs no core: many more threads than cores pay here. A server with a stated latency
is started on this machine, and all its pages are fetched:

    python examples/fetch.py --pages 300 --latency 0.02
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.request import ProxyHandler, build_opener

if TYPE_CHECKING:
    from collections.abc import Iterator

DIRECT = build_opener(ProxyHandler({}))
"""A proxy in the environment has nothing to do with a server on this machine."""


def fetch(url: str) -> int:
    """Fetch one page; returns its size in bytes."""
    with DIRECT.open(url, timeout=30) as page:
        return len(page.read())


class SlowPages(BaseHTTPRequestHandler):
    """Answers every request after the latency, as a busy server far away would."""

    latency_s = 0.0

    def do_GET(self) -> None:
        time.sleep(self.latency_s)
        page = f"<h1>{self.path}</h1>".encode() * 100
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    request_queue_size = 1024  # connections that wait to be accepted; five, by default
    daemon_threads = True


def serve(latency_s: float) -> None:
    """Serve on a free port, which is printed, until killed."""
    SlowPages.latency_s = latency_s
    with Server(("127.0.0.1", 0), SlowPages) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


@contextmanager
def slow_server(latency_s: float) -> Iterator[str]:
    """Run the server in a process of its own, and give its address."""
    command = [sys.executable, __file__, "--serve", "--latency", str(latency_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own command
        try:
            port = server.stdout.readline().strip() if server.stdout else ""
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def fetch_all(pages: int, latency_s: float) -> None:
    """Fetch all pages, and show how long that took."""
    from amorsize import execute

    with slow_server(latency_s) as address:
        urls = [f"{address}/{number}" for number in range(pages)]
        start_s = perf_counter()
        sizes = execute(fetch, urls)
        took_s = perf_counter() - start_s
    print(f"{len(sizes):,} pages, {sum(sizes):,} bytes in {took_s:.2f} s")
    print(f"one after the other they would wait for {pages * latency_s:.2f} s")


def main() -> None:
    """Fetch pages, or, as the process that was started for it, serve them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--latency", type=float, default=0.02, help="seconds")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()

    if args.serve:
        serve(args.latency)
    else:
        fetch_all(args.pages, args.latency)


if __name__ == "__main__":
    main()
