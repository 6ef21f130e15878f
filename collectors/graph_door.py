"""The way to Microsoft Graph: pages, batches, throttling, and every refusal as a reason.

What Graph may do, from its own documentation of throttling, paging and batching: 429 and 503 with Retry-After, 429
without it (conditional access and identity protection: one request a second for the whole tenant), pages that hold
nothing and still go on, parts of a batch that are throttled alone. Everything is asked with GET, batches apart;
nothing is ever written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from collectors._patience import OutOfTime, Patience
from collectors._web import Answer, NoAnswer, Web, origin, retry_after
from collectors.graph_errors import GraphError, NotSignedIn, Throttled, Unreachable, refusal, shape
from collectors.host.protocol import LookError, Unreadable
from hustings import strict_json
from hustings.errors import BadDocument
from hustings.times import utc_text

Params = Mapping[str, str]
NONE: Params = MappingProxyType({})
V1 = "v1.0"
"""What is asked, but for the little that Microsoft documents for ``beta`` alone."""
BATCH = 20
"""Requests in one batch, at most."""
EMPTY_PAGES = 1000
"""Pages in a row that may hold nothing."""
TRIES = 5
"""How often something is asked for that fails without saying for how long."""
SLOW = ("/v1.0/identity/conditionalAccess", "/v1.0/identityProtection")
"""What is limited to one request a second for each tenant, whoever asks."""
PACE = 1.0
TIMEOUT = 60.0
"""Seconds for one answer."""
_BUSY = frozenset({429, 500, 502, 503, 504, 509})


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a collection. It may hold nothing and still not be the last."""

    items: list[dict[str, Any]]
    next: str
    """An opaque link from which a later run can resume (``pages(..., start=next)``); empty on the last page."""
    count: int | None = None
    """``@odata.count``, where it was asked for: on the first page only."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token. It is kept in memory alone, and no text of this object shows it."""

    value: str
    permissions: frozenset[str]
    """Application permissions (``roles``), or those delegated by a person (``scp``)."""
    delegated: bool

    def __repr__(self) -> str:
        return "Token(…)"


class Graph:
    """A signed-in session with one tenant, for one run. ``collectors.graph_sign_in.connect`` makes it.

    ``token(renew)`` answers the token to use; with ``renew`` another one than before.
    """

    def __init__(self, web: Web, token: Callable[[bool], Token], patience: Patience) -> None:
        self._web = web
        self._token = token
        self._patience = patience
        self._slow: float | None = None
        self.requests = 0
        """How many requests were sent, those sent again included."""

    @property
    def granted(self) -> frozenset[str]:
        """The permissions in the token: application permissions, or the delegated ones of a person."""
        return self._token(False).permissions

    @property
    def delegated(self) -> bool:
        """Whether a person signed in, instead of the application by itself."""
        return self._token(False).delegated

    def get(self, path: str, *, params: Params = NONE, eventual: bool = False, version: str = V1) -> dict[str, Any]:
        """One object: ``get("/organization", params={"$select": "id"})``. ``eventual`` sends ConsistencyLevel.
        Raises ``GraphError`` and its kin (``collectors.graph_errors``)."""
        return self._object("GET", self._address(path, params, version), eventual=eventual)

    def pages(self, path: str, *, params: Params = NONE, eventual: bool = False, start: str = "") -> Iterator[Page]:
        """A collection, page by page; with ``start`` (a ``Page.next``) from there on. When an error is raised,
        the pages given before it are good, and the ``next`` of the last is where to go on."""
        url = self._within(start, path) if start else self._address(path, params, V1)
        links, seen, empty = {url}, set[bytes](), 0
        while url:
            body = self._object("GET", url, eventual=eventual)
            items = _items(body, path)
            link = _text(body, "@odata.nextLink", path)
            url = self._within(urljoin(url, link), path) if link else ""
            digest = _digest(items)
            if url in links or (digest and digest in seen):
                raise Unreadable(f"the pages of {shape(path)} repeat themselves")
            links.add(url)
            seen.add(digest)
            empty = 0 if items else empty + 1
            if empty > EMPTY_PAGES:
                raise Unreadable(f"{shape(path)} goes on without an end: {EMPTY_PAGES} empty pages in a row")
            count = body.get("@odata.count")
            yield Page(items, url, count if isinstance(count, int) else None)

    def batch(self, requests: Sequence[tuple[str, str]], *,
              version: str = V1) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """GET requests ``(id, path with its query)``, twenty at a time: ``(id, status, body)`` of each, in no
        order. Those that were throttled are asked again; those refused are given with their status and body
        (``graph_errors.refusal`` says what it means). When an error is raised, what was given before is good."""
        waiting = list(requests)
        tries = dict.fromkeys((one for one, _ in waiting), 0)
        if len(tries) != len(waiting):
            raise ValueError("two requests of a batch have the same id")
        while waiting:
            now, waiting = waiting[:BATCH], waiting[BATCH:]
            again: list[tuple[str, str]] = []
            longest: float | None = None
            ended = False
            for name, path, part in self._batch(now, version):
                asked = _part_retry_after(part, self._patience)
                if tries[name] == 0 and isinstance(refusal(part["status"], part.get("body"), path), NotSignedIn):
                    tries[name] = TRIES
                    ended = True
                    again.append((name, path))
                elif _asks_for_time(part["status"], asked) or (part["status"] in _BUSY and tries[name] + 1 < TRIES):
                    tries[name] += 1
                    again.append((name, path))
                    longest = asked if longest is None else max(longest, asked or 0.0)
                else:
                    yield name, part["status"], _part_body(part, path)
            if ended:
                self._token(True)
            elif again:
                self._wait(min(tries[name] for name, _ in again) - 1, longest, 429, f"{len(again)} parts of a batch")
            waiting = again + waiting

    def _batch(self, requests: list[tuple[str, str]], version: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Each part of one batch's answer, checked to be what was asked for."""
        paths = dict(requests)
        parts = [{"id": name, "method": "GET", "url": path} for name, path in requests]
        body = self._object("POST", self._address("/$batch", NONE, version), strict_json.dumps({"requests": parts}))
        answers = body.get("responses")
        if not isinstance(answers, list):
            raise Unreadable("Microsoft Graph's answer to a batch has no responses")
        for part in answers:
            name = part.get("id") if isinstance(part, dict) else None
            if not isinstance(name, str) or name not in paths or not isinstance(part.get("status"), int):
                raise Unreadable("Microsoft Graph answered to a batch what was not asked for")
            yield name, paths.pop(name), part
        if paths:
            raise Unreadable(f"Microsoft Graph left {len(paths)} of the {len(requests)} requests of a batch unanswered")

    def _object(self, method: str, url: str, body: bytes | None = None, *, eventual: bool = False) -> dict[str, Any]:
        """The JSON object of a 2xx answer; anything else is raised. Waits and asks again as Graph wants it."""
        path = "/" + urlsplit(url).path.lstrip("/").partition("/")[2]
        failed = busy = 0
        renewed = False
        while True:
            answer: Answer | None = None
            trouble: LookError
            try:
                answer = self._send(method, url, body, eventual=eventual)
                said = _json(answer, path)
            except OutOfTime as error:
                raise _over(path, error) from None
            except NoAnswer as error:
                trouble = Unreachable(error.missing.detail)
            except BadDocument:
                trouble = Unreadable(f"Microsoft Graph's answer to {shape(path)} is cut short or no JSON")
            else:
                if 200 <= answer.status < 300:
                    return said
                refused = refusal(answer.status, said, path)
                if isinstance(refused, NotSignedIn) and not renewed:
                    renewed = True
                    self._token(True)
                    continue
                if answer.status not in _BUSY:
                    raise refused
                trouble = refused
            asked = answer.retry_after(self._patience.clock.now()) if answer else None
            if answer is not None and _asks_for_time(answer.status, asked):
                self._wait(busy, asked, answer.status, shape(path))
                busy += 1
                continue
            failed += 1
            if failed == TRIES:
                raise trouble
            self._wait(failed - 1, None, answer.status if answer else 0, shape(path))

    def _send(self, method: str, url: str, body: bytes | None, *, eventual: bool) -> Answer:
        headers = {"Authorization": f"Bearer {self._token(False).value}", "Accept": "application/json"}
        if eventual:
            headers["ConsistencyLevel"] = "eventual"
        if body is not None:
            headers["Content-Type"] = "application/json"
        clock = self._patience.clock
        if urlsplit(url).path.startswith(SLOW):
            if self._slow is not None:
                self._patience.pause(max(0.0, self._slow + PACE - clock.monotonic()))
            self._slow = clock.monotonic()
        timeout = min(TIMEOUT, self._patience.left())
        self.requests += 1
        return self._web.ask(method, url, headers=headers, body=body, timeout=timeout)

    def _wait(self, attempt: int, asked: float | None, status: int, what: str) -> None:
        try:
            self._patience.wait(attempt, asked)
        except OutOfTime as error:
            why = f"throttled by Microsoft Graph ({status})" if status in _BUSY else "Microsoft Graph did not answer"
            raise Throttled(f"{why} at {what}: go on after {utc_text(error.again)}", error.again,
                            status=status) from None

    def _address(self, path: str, params: Params, version: str) -> str:
        if not path.startswith("/"):
            raise ValueError(f"{path!r} does not begin with /")
        query = urlencode(dict(params), safe="$,()'/:@", quote_via=quote)
        return f"{self._web.base}/{version}{path}{'?' if query else ''}{query}"

    def _within(self, link: str, path: str) -> str:
        """A link of Graph, checked to lead nowhere else: the token goes along."""
        if origin(link) not in self._web.origins:
            raise Unreadable(f"the pages of {shape(path)} go on at {urlsplit(link).hostname}, which is another "
                             "service: not followed")
        return link


def _json(answer: Answer, path: str) -> dict[str, Any]:
    """The body as an object; an error's body may be anything. Raises ``BadDocument`` for a 2xx that is none."""
    try:
        said = strict_json.loads(answer.body, limit=len(answer.body))
    except BadDocument:
        if 200 <= answer.status < 300:
            raise
        return {}
    if isinstance(said, dict):
        return said
    if 200 <= answer.status < 300:
        raise Unreadable(f"Microsoft Graph's answer to {shape(path)} is no object")
    return {}


def _items(body: dict[str, Any], path: str) -> list[dict[str, Any]]:
    items = body.get("value")
    if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
        raise Unreadable(f"Microsoft Graph's answer to {shape(path)} is no list of objects")
    return items


def _text(body: dict[str, Any], name: str, path: str) -> str:
    value = body.get(name) or ""
    if not isinstance(value, str):
        raise Unreadable(f"{name} in Microsoft Graph's answer to {shape(path)} is no text")
    return value


def _digest(items: list[dict[str, Any]]) -> bytes:
    """What tells a page from another; empty for pages whose objects have no ids, which may be alike."""
    ids = [one.get("id") for one in items]
    if not ids or not all(isinstance(one, str) for one in ids):
        return b""
    return hashlib.sha256("\0".join(str(one) for one in ids).encode()).digest()


def _asks_for_time(status: int, asked: float | None) -> bool:
    """Whether it will go on later, however often it says so; otherwise it counts as a failure."""
    return status == 429 or (status in _BUSY and asked is not None)


def _part_body(part: dict[str, Any], path: str) -> dict[str, Any]:
    """The body of one part: an object, or nothing where it was refused."""
    body = part.get("body")
    if isinstance(body, dict):
        return body
    if 200 <= part["status"] < 300:
        raise Unreadable(f"Microsoft Graph's answer to {shape(path)} in a batch is no object")
    return {}


def _part_retry_after(part: dict[str, Any], patience: Patience) -> float | None:
    headers = part.get("headers")
    said = {str(name).lower(): str(value) for name, value in headers.items()} if isinstance(headers, dict) else {}
    return retry_after(said.get("retry-after", ""), patience.clock.now())


def _over(path: str, error: OutOfTime) -> GraphError:
    return Throttled(f"the time for this run is over at {shape(path)}", error.again)


__all__ = ["Graph", "NotSignedIn", "Page", "Token"]
