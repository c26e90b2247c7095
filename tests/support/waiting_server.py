"""HTTP servers in a process of their own, that bear so much and no more: for tests and figures.

``GET /<kind>`` waits as its kind does; ``GET /counts`` tells what has come since ``GET /reset``.
"""

from __future__ import annotations

import asyncio
import http.client
import json
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
            return 429
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
            client.close()
            assert process.stdin is not None
            process.stdin.close()
            process.wait()


class RefusedError(Exception):
    """HTTP 429."""


def is_overload(error: BaseException) -> bool:
    return isinstance(error, RefusedError)


class Client:
    """Asks them, from threads or from coroutines, over connections that are kept."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._own = threading.local()
        self._all: list[http.client.HTTPConnection] = []
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    def get(self, kind: str) -> str:
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = http.client.HTTPConnection("127.0.0.1", self.port)
            self._all.append(connection)
        connection.request("GET", f"/{kind}")
        answer = connection.getresponse()
        body: str = answer.read().decode()
        if answer.status == http.HTTPStatus.TOO_MANY_REQUESTS:
            raise RefusedError
        return body

    async def aget(self, kind: str) -> None:
        free = self._free
        reader, writer = (
            free.pop() if free else await asyncio.open_connection("127.0.0.1", self.port)
        )
        writer.write(f"GET /{kind} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        free.append((reader, writer))
        if head.split(b" ", 2)[1] == b"429":
            raise RefusedError

    def reset(self) -> None:
        """Count anew; what was kept by coroutines belongs to a loop that has ended."""
        self.forget()
        self.get("reset")

    def forget(self) -> None:
        for _, writer in self._free:
            writer.transport.abort()
        self._free.clear()

    def counts(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.get("counts"))
        return told

    def close(self) -> None:
        self.forget()
        for connection in self._all:
            connection.close()


if __name__ == "__main__":
    asyncio.run(serve())
