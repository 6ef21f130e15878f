"""Elections for tests."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from server.elections import template
from server.elections.model import Election, Window, WindowKind

VOTE = date(2027, 11, 2)


def election(first: date = VOTE, last: date | None = None, kind: str = "default", **changes: Any) -> Election:
    """An election with the windows of a template."""
    last = last or first
    chosen = template.get(kind)
    made = {"id": f"{kind}-{first}", "name": f"{kind} {first}", "template": kind, "scale": chosen.scale,
            "windows": chosen.around(first, last)}
    return Election(first=first, last=last, **{**made, **changes})


def window(kind: WindowKind, first: int, last: int, vote: date = VOTE, **changes: Any) -> Window:
    """A window by days from the vote."""
    return Window(kind, vote + timedelta(days=first), vote + timedelta(days=last), **changes)
