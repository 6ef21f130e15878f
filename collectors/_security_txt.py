"""security.txt (RFC 9116): whom to tell of a weakness. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from collectors._http_probe import Page
from hustings.times import utc_text

PATH = "/.well-known/security.txt"
SIZE = 64 << 10


def parse(page: Page | None) -> dict[str, Any]:
    """``CONTACTS`` of an answer; of a redirect to another host (None), that there is no such file."""
    if page is None or page.status != 200 or not _is_file(page):
        return {"found": False, "plain_text": False, "contact": False}
    fields: dict[str, list[str]] = {}
    for line in page.body.decode("utf-8", "replace").splitlines():
        name, colon, value = line.partition(":")
        if line.startswith("-----BEGIN PGP SIGNATURE"):
            break
        if colon and not line.startswith("#"):
            fields.setdefault(name.strip().lower(), []).append(value.strip())
    contacts = [one for one in fields.get("contact", []) if one.lower().startswith(("mailto:", "tel:", "https://"))]
    expires = fields.get("expires", [])
    until = _time(expires[0]) if len(expires) == 1 else None
    return {"found": True, "plain_text": _plain(page), "contact": bool(contacts),
            **({"expires": until} if until else {})}


def _is_file(page: Page) -> bool:
    """A page that answers every address alike is no such file."""
    return not page.header("Content-Type").lower().startswith("text/html")


def _plain(page: Page) -> bool:
    kind, _, rest = page.header("Content-Type").lower().partition(";")
    charset = rest.partition("charset=")[2].split(";")[0].strip().strip('"')
    return kind.strip() == "text/plain" and charset in ("", "utf-8", "utf8")


def _time(text: str) -> str | None:
    """RFC 3339, to the second in UTC."""
    try:
        moment = datetime.fromisoformat(text.upper())
        return utc_text(moment.astimezone(UTC)) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
