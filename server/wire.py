"""HTTP on the wire: uvicorn's protocol with bounds on what a stranger may leave unfinished."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Bounded(HttpToolsProtocol):
    """Closes connections whose request does not become whole in time, and refuses endless headers.

    uvicorn by itself waits for ever and keeps all of it: a few thousand idle connections, or one long
    header, would shut everyone else out.
    """

    head_bytes = 64 << 10
    """Bytes of a request line and headers, to within one read."""
    head_seconds = 15.0
    """From a connection, or from the first byte of a later request, to the end of its headers."""
    body_seconds = 90.0
    """From there to the end of the body; a little more than the endpoints themselves allow."""

    _timer: asyncio.TimerHandle | None = None
    _in_head = True
    _in_body = False
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._arm(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._timer is None and not self._in_body:
            self._in_head = True
            self._arm(self.head_seconds)
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > self.head_bytes and not self.transport.is_closing():
            self.send_400_response("The headers are too long.")

    def on_headers_complete(self) -> None:
        self._in_head, self._in_body, self._head = False, True, 0
        self._arm(self.body_seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_body = False
        self._disarm()
        super().on_message_complete()

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._timer = self.loop.call_later(seconds, self._give_up)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        transport: Any = self.transport
        transport.abort()
