"""HTTP servers in a process of their own, that bear so much and no more: for tests and figures.

``GET /<kind>`` waits as its kind does; ``GET /counts`` tells what has come since ``GET /reset``.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import subprocess
import sys
import threading
from collections import Counter, deque
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SLOTS: Final = 16
SLOT_S: Final = 20e-3
"""``/slots``: so many are served at once, each so long; the others queue."""

RATE: Final = 400.0
BURST: Final = 20.0
RATED_S: Final = 50e-3
"""``/rate``: so many per second are let in, others get 429 at once."""

KNEE: Final = 20
CROWD_S: Final = 20e-3
"""``/crowd``: an answer takes so long when alone, twice as long at the knee, and so on."""

TOO_MANY: Final = 429

QUIET_AFTER_S: Final = 2.0
"""Before, whoever calls may find out how much is borne."""


class Counts:
    """What has come since the last reset."""

    def __init__(self) -> None:
        self.began_s = 0.0
        self.inside = 0
        self.arrived: deque[float] = deque()
        self.most_inside = 0
        self.most_in_a_second = 0
        self.answers: Counter[int] = Counter()

    def arrives(self, now_s: float) -> None:
        self.began_s = self.began_s or now_s
        self.inside += 1
        self.arrived.append(now_s)
        while self.arrived[0] < now_s - 1:
            self.arrived.popleft()
        if now_s - self.began_s > QUIET_AFTER_S:
            self.most_inside = max(self.most_inside, self.inside)
        if now_s - self.began_s > QUIET_AFTER_S + 1:
            self.most_in_a_second = max(self.most_in_a_second, len(self.arrived))

    def told(self) -> dict[str, Any]:
        return {
            "inside": self.most_inside,
            "per_second": self.most_in_a_second,
            "answers": {str(status): many for status, many in self.answers.items()},
        }


class Servers(asyncio.Protocol):
    """One connection, kept alive; one request at a time."""

    counts = Counts()
    free = asyncio.Semaphore(SLOTS)
    tokens = BURST
    filled_s = 0.0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        kind = data.split(b" ", 2)[1].decode().strip("/")
        self.task = asyncio.get_running_loop().create_task(self.answer(kind))

    async def answer(self, kind: str) -> None:
        if kind in {"counts", "reset"}:
            self.reply(200, json.dumps(Servers.counts.told()))
            if kind == "reset":
                Servers.counts = Counts()
            return
        counts = Servers.counts
        counts.arrives(perf_counter())
        status = await getattr(self, kind)(counts)
        counts.inside -= 1
        counts.answers[status] += 1
        self.reply(status, "")

    async def slots(self, _counts: Counts) -> int:
        async with Servers.free:
            await asyncio.sleep(SLOT_S)
        return 200

    async def rate(self, _counts: Counts) -> int:
        now = perf_counter()
        filled = Servers.tokens + (now - Servers.filled_s) * RATE
        Servers.tokens, Servers.filled_s = min(BURST, filled), now
        if Servers.tokens < 1:
            return TOO_MANY
        Servers.tokens -= 1
        await asyncio.sleep(RATED_S)
        return 200

    async def crowd(self, counts: Counts) -> int:
        await asyncio.sleep(CROWD_S * (1 + (counts.inside / KNEE) ** 2))
        return 200

    def reply(self, status: int, body: str) -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n"
        self.transport.write((head + body).encode())


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Servers, "127.0.0.1", 0, backlog=1000)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)  # until whoever started us is done


@contextmanager
def servers() -> Iterator[Client]:
    """Start them, and end them after."""
    with subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        client = Client(int(process.stdout.readline()))
        try:
            yield client
        finally:
            hang_up()
            assert process.stdin is not None
            process.stdin.close()
            process.wait()


class RefusedError(Exception):
    """HTTP 429."""


def is_overload(error: BaseException) -> bool:
    return isinstance(error, RefusedError)


class Client:
    """Whose calls are only its address: a function that carries connections is not shared out."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, kind: str) -> str:
        """Ask over this thread's connection."""
        return get(self.port, kind)

    async def aget(self, kind: str) -> None:
        """Ask over a connection that nobody is using."""
        await aget(self.port, kind)

    def reset(self) -> None:
        """Count anew."""
        self.get("reset")

    def counts(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.get("counts"))
        return told


_OWN: Final = threading.local()
_FREE: Final[dict[int, list[socket.socket]]] = {}
_OPENED: Final[list[Any]] = []


def get(port: int, kind: str) -> str:
    known = getattr(_OWN, "connection", None)
    if known is None or known.port != port:
        known = _OWN.connection = http.client.HTTPConnection("127.0.0.1", port)
        _OPENED.append(known)
    known.request("GET", f"/{kind}")
    answer = known.getresponse()
    body: str = answer.read().decode()
    if answer.status == TOO_MANY:
        raise RefusedError
    return body


async def aget(port: int, kind: str) -> None:
    loop, free = asyncio.get_running_loop(), _FREE.setdefault(port, [])
    if free:
        own = free.pop()
    else:
        own = socket.socket()
        own.setblocking(False)
        _OPENED.append(own)
        await loop.sock_connect(own, ("127.0.0.1", port))
    await loop.sock_sendall(own, f"GET /{kind} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    head = await loop.sock_recv(own, 4096)
    free.append(own)
    if head.split(b" ", 2)[1] == b"429":
        raise RefusedError


def hang_up() -> None:
    """Close every connection."""
    for opened in _OPENED:
        opened.close()
    _OPENED.clear()
    _FREE.clear()


if __name__ == "__main__":
    asyncio.run(serve())
