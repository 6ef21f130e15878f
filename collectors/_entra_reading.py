"""Reading a tenant section by section: what is refused costs its own section, what is throttled is taken up later."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from collectors._entra_memory import Kept, Parts
from collectors._entra_permissions import LICENSED, held
from collectors.graph_door import BATCH, NONE, Graph, Params
from collectors.graph_errors import Gone, GraphError, NoLicence, NoPermission, NotSignedIn, Throttled, refusal
from collectors.host.protocol import Denied, LookError
from hustings.declared import Tenant
from hustings.directory.unread import Unread
from hustings.facts import Reason

T = TypeVar("T")
Body = dict[str, Any]
_GONE_STALE = (400, 404, 410)
"""What Graph answers to a link at which it no longer goes on."""
_NO_POST = (404, 405, 501)
READER = "the role Global Reader to the person who signs in"


class Reading:
    """One reading of one tenant, in one run or several."""

    def __init__(self, graph: Graph, tenant: Tenant, parts: Parts) -> None:
        self.graph = graph
        self.tenant = tenant
        self.unread: dict[str, Unread] = {}
        self.late: dict[str, LookError] = {}
        """Sections that were not finished in time, which another run may finish."""
        self._parts = parts
        self._first: LookError | None = None
        self._read = False

    @contextmanager
    def section(self, *names: str, grant: str) -> Iterator[None]:
        """Whatever is refused within is the reason of the sections ``names``. Raises ``NotSignedIn`` where nothing
        was read before."""
        try:
            yield
        except NotSignedIn as error:
            if not self._read:
                raise
            self.lost(error, *names, grant=grant)
        except LookError as error:
            self.lost(error, *names, grant=grant)

    def lost(self, error: LookError, *names: str, grant: str) -> None:
        """Why sections could not be read, and what to grant."""
        self._first = self._first or error
        if error.missing.reason is Reason.TIMEOUT:
            self.late[names[0]] = error
        for name in names:
            self.unread[name] = self._reason(error, name, grant)

    @property
    def fruitless(self) -> LookError | None:
        """Why nothing at all could be read, or None."""
        if self._read or self._first is None:
            return None
        if isinstance(self._first, NoPermission):
            return Denied(f"{self._first.missing.detail}; nothing can be read: grant the permissions that `hustings "
                          "directory setup entra` prints")
        return self._first

    def listing(self, name: str, path: str, item: type[T], convert: Callable[[Body], T | None], *,
                params: Params = NONE, start: str = "") -> list[T]:
        """A whole collection, or what comes from ``start`` on, taken up where an earlier run had to leave it."""
        part = self._parts.take(name, item)
        if part.done:
            self._read = True
            return part.items
        fresh = not part.next
        try:
            for page in self.graph.pages(path, params=params, start=part.next or start):
                part.items.extend(one for one in map(convert, page.items) if one is not None)
                part.next, part.pages, fresh = page.next, part.pages + 1, True
                self._read = True
        except GraphError as error:
            if fresh or error.status not in _GONE_STALE:
                raise
            self._parts.anew(name)
            return self.listing(name, path, item, convert, params=params, start=start)
        part.done = True
        return part.items

    def once(self, name: str, item: type[T], look: Callable[[], T]) -> T:
        """A single answer."""
        part = self._parts.take(name, item)
        if not part.done:
            part.items, part.pages, part.done = [look()], 1, True
        self._read = True
        return part.items[0]

    def answers(self, name: str, requests: Sequence[tuple[str, str]], item: type[T],
                convert: Callable[[str, Body], T], *, version: str = "v1.0",
                ) -> tuple[dict[str, T], dict[str, GraphError]]:
        """What many small requests ``(id, path)`` were answered, and of those refused why. Those that an earlier run
        asked are not asked again."""
        pairs: type[tuple[str, T]] = tuple[str, item]  # type: ignore[valid-type]
        part = self._parts.take(name, pairs)
        found, refused = dict(part.items), dict[str, GraphError]()
        for key, answer in self._each([one for one in requests if one[0] not in found], version):
            if isinstance(answer, GraphError):
                refused[key] = answer
            else:
                found[key] = convert(key, answer)
                part.items.append((key, found[key]))
        part.pages = -(-len(found) // BATCH)
        self._read = self._read or bool(found)
        return found, refused

    def _each(self, requests: list[tuple[str, str]], version: str) -> Iterator[tuple[str, Body | GraphError]]:
        """Small requests in batches; of v1.0 one by one where something before Graph lets nothing but GET through."""
        paths = dict(requests)
        try:
            for key, status, body in self.graph.batch(requests, version=version):
                path = paths.pop(key)
                yield key, body if 200 <= status < 300 else refusal(status, body, path)
        except GraphError as error:
            if error.status not in _NO_POST or len(paths) < len(requests) or version != "v1.0":
                raise
        for key, path in paths.items():
            try:
                yield key, self.graph.get(path)
            except (NoPermission, Gone) as error:
                yield key, error

    def kept(self, runs: int, requests: int) -> Kept:
        """What was read, for another run to go on."""
        return self._parts.kept(self.tenant, runs, requests)

    def progress(self) -> str:
        """How far it came, in words."""
        again = max((one.again for one in self.late.values() if isinstance(one, Throttled)), default=None)
        when = f", not before {again:%H:%M} UTC" if again else ""
        return (f"{self._parts.pages} of at least {self._parts.pages + len(self.late)} pages read; throttled or not "
                f"answered in time: {', '.join(self.late)}; goes on next time{when}")

    def _reason(self, error: LookError, section: str, grant: str) -> Unread:
        why = error.missing
        if isinstance(error, NoLicence):
            return Unread(why.reason, why.detail, licence=LICENSED.get(section, ""))
        if isinstance(error, NoPermission):
            if held(grant, self.graph.granted):
                grant = READER if self.graph.delegated else next(iter(error.wants), "")
            return Unread(why.reason, why.detail, grant=grant)
        return Unread(why.reason, why.detail)
