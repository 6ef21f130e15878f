"""What a webhook is sent: JSON, signed so that its receiver can tell who sent it and when.

Source: Standard Webhooks 1.0, https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

import msgspec

from hustings.times import utc_text
from server.notices import wording
from server.notices.clean import plain
from server.notices.content import Content
from server.notices.outcome import Undelivered
from server.notices.outward import Network, post, target
from server.store.outbox import Notice
from server.store.webhooks import Webhook

LONGEST_WAIT = timedelta(hours=1)
"""What a receiver may ask us to wait, at most."""
_GONE = 410


def body(one: Notice, content: Content, *, office: str, base: str) -> bytes:
    """The JSON of a message: numbers and links, as in a mail."""
    said = wording.said(content, "en", base)
    return msgspec.json.encode({
        "type": "test" if content.test else "notice", "timestamp": utc_text(one.made),
        "data": {"office": plain(office), "events": [
            {"kind": part.kind, "count": part.count, "text": each.text, "url": each.url, "names": list(part.names)}
            for part, each in zip(content.parts, said, strict=True)]}})


def headers(name: str, made: bytes, key: bytes, now: datetime) -> dict[str, str]:
    """The three headers of the standard, and those of any request. ``name`` stays the same on every try."""
    at = str(int(now.timestamp()))
    signature = base64.b64encode(hmac.new(key, b".".join((name.encode(), at.encode(), made)), hashlib.sha256).digest())
    return {"content-type": "application/json", "user-agent": "Hustings", "webhook-id": name, "webhook-timestamp": at,
            "webhook-signature": f"v1,{signature.decode('ascii')}"}


def send(one: Notice, content: Content, to: Webhook, key: bytes, now: datetime, *, office: str, base: str,
         reachable: tuple[Network, ...]) -> None:
    """Send a message to a webhook: delivered is what is answered with 2xx. Raises ``Undelivered``."""
    made = body(one, content, office=office, base=base)
    status, wait = post(target(to.url), made, headers(one.name, made, key, now), reachable)
    if 200 <= status < 300:
        return
    asked = timedelta(seconds=int(wait)) if wait.isascii() and wait.isdigit() and len(wait) < 9 else None
    raise Undelivered(f"answered with status {status}", gone=status == _GONE,
                      after=None if asked is None else min(asked, LONGEST_WAIT))
