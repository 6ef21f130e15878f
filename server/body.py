"""Reading a request body: within a size, within a time."""

from __future__ import annotations

import asyncio
from typing import Any

from server.problems import Refused

SECONDS = 60.0


def header(scope: Any, name: bytes) -> bytes | None:
    """The value of a header that may appear once; None if it does not, ``bad_request`` if it is repeated."""
    found = [value for key, value in scope["headers"] if key == name]
    if len(found) > 1:
        raise Refused("bad_request", f"the header {name.decode('ascii')} appears more than once")
    return found[0] if found else None


async def body_within(scope: Any, receive: Any, limit: int) -> bytes:
    """The whole body. Raises ``Refused``: ``too_large`` as soon as it is known, ``too_slow`` after a minute."""
    declared = header(scope, b"content-length")
    if declared is not None and (not declared.isdigit() or int(declared) > limit):
        raise Refused("too_large", f"the limit is {limit} bytes")
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(SECONDS):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused("bad_request", "the client went away")
                part = message.get("body", b"")
                size += len(part)
                if size > limit:
                    raise Refused("too_large", f"the limit is {limit} bytes")
                parts.append(part)
                more = message.get("more_body", False)
    except TimeoutError as error:
        raise Refused("too_slow") from error
    return parts[0] if len(parts) == 1 else b"".join(parts)
