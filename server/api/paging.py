"""Long lists in pages: a limit, and an opaque cursor to where the page before ended."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from server.problems import Refused

T = TypeVar("T")
Item = TypeVar("Item", bound=msgspec.Struct)
USUAL = 50
MOST = 200

Limit = Annotated[int, msgspec.Meta(ge=1, le=MOST, description="How many to give at most.")]
Cursor = Annotated[str, msgspec.Meta(max_length=400, description="`next` of the page before; empty for the first.")]


class Paged(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every list may be asked with."""

    limit: Limit = USUAL
    after: Cursor = ""


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """One page of a list."""

    items: list[Item]
    next: str | None
    """Ask with `after` set to this for the rest; null when there is none."""


def cursor(*key: str | int | None) -> str:
    """What ``key`` (of the last item of a page) looks like from outside."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode("ascii")


def key(after: str, kind: Any) -> tuple[Any, ...] | None:
    """The key inside a cursor, a tuple of ``kind``; None for the first page. Raises ``Refused`` for one not ours."""
    if not after:
        return None
    try:
        data = base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True)
        found: tuple[Any, ...] = msgspec.json.decode(data, type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise Refused("bad_request", "after: not a cursor of this list; begin again without it") from error
    if any(isinstance(one, int) and abs(one) >= 1 << 63 for one in found):
        raise Refused("bad_request", "after: not a cursor of this list; begin again without it")
    return found


def cut(found: Iterable[T], asked: Paged, name: Callable[[T], str], made: Callable[[T], Item]) -> Page[Item]:
    """A page of what is in memory, in the order of ``name``, which differs for each."""
    after = key(asked.after, tuple[str])
    rest = sorted((one for one in found if after is None or name(one) > after[0]), key=name)
    page = rest[: asked.limit]
    return Page([made(one) for one in page], cursor(name(page[-1])) if len(rest) > len(page) else None)
