"""A local web server in a process of its own, which answers late, and not everybody at once."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

BACKLOG: Final = 1024
ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server; ``stop`` ends it."""

    port: int
    pid: int

    def stop(self) -> None:
        """Kill it: it holds nothing that matters."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def serve(*, delay_s: float, at_once: int) -> Server:
    """Start a server that works on ``at_once`` requests at most, each for ``delay_s``."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    port: int = listener.getsockname()[1]
    pid = os.fork()
    if pid == 0:
        try:
            asyncio.run(_answer_all(listener, delay_s, at_once))
        finally:
            os._exit(1)
    listener.close()
    return Server(port=port, pid=pid)


async def _answer_all(listener: socket.socket, delay_s: float, at_once: int) -> None:
    slots = asyncio.Semaphore(at_once)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            async with slots:
                await asyncio.sleep(delay_s)
            writer.write(ANSWER)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, sock=listener, backlog=BACKLOG)
    await server.serve_forever()
