"""The way to Microsoft Graph: pages, batches, throttling, and every refusal as a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Params = Mapping[str, str]
NONE: Params = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a collection. It may hold nothing and still not be the last."""

    items: list[dict[str, Any]]
    next: str
    """An opaque link from which a later run can resume (``pages(..., start=next)``); empty on the last page."""
    count: int | None = None
    """``@odata.count``, where it was asked for: on the first page only."""


class Graph:
    """A signed-in session with one tenant, for one run. ``collectors.graph_sign_in.connect`` makes it."""

    requests: int
    """How many requests were sent, those sent again included."""
    granted: frozenset[str]
    """The permissions in the token: application permissions, or the delegated ones of a person."""
    delegated: bool
    """Whether a person signed in, instead of the application by itself."""

    def get(self, path: str, *, params: Params = NONE, eventual: bool = False) -> dict[str, Any]:
        """One object: ``get("/organization", params={"$select": "id"})``. ``eventual`` sends ConsistencyLevel.
        Raises ``GraphError`` and its kin (``collectors.graph_errors``)."""
        raise NotImplementedError

    def pages(self, path: str, *, params: Params = NONE, eventual: bool = False, start: str = "") -> Iterator[Page]:
        """A collection, page by page; with ``start`` (a ``Page.next``) from there on. When an error is raised,
        the pages given before it are good, and the ``next`` of the last is where to go on."""
        raise NotImplementedError

    def batch(self, requests: Sequence[tuple[str, str]]) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """GET requests ``(id, path with its query)``, twenty at a time: ``(id, status, body)`` of each, in no
        order. Those that were throttled are asked again; those refused are given with their status and body
        (``refusal(status, body)`` says what it means)."""
        raise NotImplementedError
