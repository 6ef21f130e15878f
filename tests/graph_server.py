"""A server that speaks Microsoft Graph as it is: real HTTP (or HTTPS) on loopback, tokens, permissions and licences
that may be missing, ``$select``, ``$filter``, ``$top``, ``$expand``, ``$count``, ``$batch``, pages, throttling, faults.

What it holds are plain dicts in Graph's JSON form: ``server.resources["/users"] = Resource([…], ("User.Read.All",))``.
The key is the path without its version, ``{}`` for a part that varies. ``serve()`` starts one.
"""

from __future__ import annotations

import json
import random
import re
import secrets
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from tests.graph_entra import App, Entra
from tests.odata_filter import parse

TENANT = "0b7e3a4c-1234-4abc-8def-0123456789ab"
CLIENT = "6f1c2d3e-aaaa-4bbb-8ccc-1d2e3f4a5b6c"
SECRET = "Qw8~canary-secret-of-the-application"
Item: TypeAlias = dict[str, Any]
Answer: TypeAlias = tuple[int, dict[str, str], Item]
Keys: TypeAlias = tuple[str, ...]
Found: TypeAlias = "list[Item] | Item | None"


@dataclass
class Gate:
    """What it takes beyond a resource's own permissions: any of these, and a licence (a service plan)."""

    permissions: tuple[str, ...] = ()
    licence: str = ""
    kind: str = "audit"


@dataclass
class Resource:
    """What is at a path: a collection (list), an object (dict), or a function of the path's varying parts (None for
    404). Any one of ``permissions`` opens it."""

    holds: list[Item] | Item | Callable[[Keys], Found]
    permissions: tuple[str, ...] = ()
    licence: str = ""
    kind: str = "directory"
    """How a refusal is worded: a key of ``REFUSALS``."""
    page: int = 100
    top: int = 999
    over: str = "refuse"
    """What a ``$top`` over ``top`` does: ``refuse`` (400), ``clamp`` or ``ignore``; ``never`` refuses any."""
    usual: tuple[str, ...] = ()
    """The properties given without ``$select``; () for all."""
    gated: Mapping[str, Gate] = field(default_factory=dict)
    """Properties that take more when they are selected."""
    expandable: tuple[str, ...] = ()
    filterable: bool = True
    holes: int = 0
    """After every so many pages comes one that holds nothing and goes on."""
    beta: bool = False
    """Served under ``/beta`` alone."""


@dataclass
class Fault:
    """Something that goes wrong, ``times`` over, with requests whose path begins so (the version left out)."""

    path: str
    status: int = 0
    """0 to break the connection off: at once, or with ``cut`` after half of the right answer."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Item | bytes | None = None
    times: int = 1
    cut: bool = False
    after: int = 0
    """How many requests go well before."""


@dataclass(frozen=True)
class Request:
    """One that came, as the wire had it; parts of batches too."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    moment: float
    batched: bool = False


_SCOPES = "You cannot perform the requested operation, required scopes are missing in the token."
REFUSALS: dict[str, Callable[[tuple[str, ...]], tuple[int, str, str]]] = {
    "directory": lambda _: (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    "audit": lambda wanted: (403, "Authentication_MSGraphPermissionMissing", "Calling principal does not have required "
                             f"MSGraph permissions {','.join(wanted)}"),
    "policy": lambda _: (403, "AccessDenied", _SCOPES),
    "pim": lambda wanted: (403, "UnknownError", json.dumps({
        "errorCode": "PermissionScopeNotGranted", "instanceAnnotations": [],
        "message": f"Authorization failed due to missing permission scope {','.join(wanted)}."})),
    "intune": lambda wanted: (401, "UnknownError", json.dumps({
        "ErrorCode": "Forbidden", "Target": None, "Message": json.dumps({
            "_version": 3, "Message": "An error has occurred - Operation ID: 0", "CustomApiErrorPhrase": ""})})),
    "mail": lambda _: (403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."),
}
"""By family of resources: how Graph words that a permission is missing."""
LICENCES: dict[str, tuple[int, str, str]] = {
    "directory": (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
                  "Neither tenant is B2C or tenant doesn't have premium license"),
    "pim": (400, "AadPremiumLicenseRequired", "The tenant needs an AAD Premium 2 license."),
    "intune": (400, "BadRequest", "Request not applicable to target tenant."),
}


class GraphServer:
    """One tenant. ``log`` is every request; ``faults`` go wrong first come, first served."""

    def __init__(self, tenant: str = TENANT, names: Sequence[str] = ("office.example",)) -> None:
        self.entra = Entra(tenant, frozenset(names))
        self.resources: dict[str, Resource] = {}
        self.licences: set[str] = {"AAD_PREMIUM", "AAD_PREMIUM_P2", "INTUNE_A", "EXCHANGE_S_STANDARD"}
        self.log: list[Request] = []
        self.faults: list[Fault] = []
        self.strict_pace = False
        """Whether conditional access is really limited to one request a second."""
        self.url = ""
        self._last = 0.0
        self._skips: dict[str, tuple[int, bool]] = {}
        self._lock = threading.Lock()

    @property
    def app(self) -> App:
        """The application that was made for us."""
        return self.entra.apps[CLIENT]

    def paths(self, prefix: str = "/") -> list[str]:
        """Of the requests to Graph that came, with the version left out."""
        asked = [one.path[5:] for one in self.log if one.path.startswith(("/v1.0/", "/beta/"))]
        return [one for one in asked if one.startswith(prefix)]

    def respond(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What a request gets."""
        parts = urlsplit(target)
        path, query = unquote(parts.path), dict(parse_qsl(parts.query, keep_blank_values=True))
        self.log.append(Request(method, path, query, headers, time.monotonic()))
        if path.startswith(("/v1.0/", "/beta/")):
            return self._graph(method, path, query, headers, body)
        tenant, _, rest = path.lstrip("/").partition("/")
        if method == "GET" and rest == "v2.0/.well-known/openid-configuration":
            status, said = self.entra.discovery(tenant)
            return status, {}, said
        if method == "POST" and rest in ("oauth2/v2.0/token", "oauth2/v2.0/devicecode"):
            status, said = self.entra.answer(path, dict(parse_qsl(body.decode())))
            return status, {"Cache-Control": "no-store"}, said
        return 404, {}, {"error": "not_found"}

    def fault(self, target: str) -> Fault | None:
        """What goes wrong with a request to this address, used up."""
        path = unquote(urlsplit(target).path)
        path = path[5:] if path.startswith(("/v1.0/", "/beta/")) else path
        with self._lock:
            found = next((one for one in self.faults if path.startswith(one.path)), None)
            if found is None:
                return None
            if found.after:
                found.after -= 1
                return None
            found.times -= 1
            if found.times <= 0:
                self.faults.remove(found)
            return found

    def _graph(self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str],
               body: bytes) -> Answer:
        kind, _, token = headers.get("authorization", "").partition(" ")
        granted = self.entra.granted(token) if kind == "Bearer" else None
        if granted is None:
            return 401, {"WWW-Authenticate": 'Bearer realm="", authorization_uri="", error="invalid_token"'}, error(
                "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
        version, _, rest = path.lstrip("/").partition("/")
        if method == "POST" and rest == "$batch":
            return self._batch(version, json.loads(body), headers)
        if method != "GET":
            return 405, {}, error("Request_BadRequest", f"{method} is not allowed here.")
        return self._resource(version, "/" + rest, query, granted, headers.get("consistencylevel", "") == "eventual")

    def _batch(self, version: str, body: Item, headers: Mapping[str, str]) -> Answer:
        asked = body.get("requests", [])
        if len(asked) > 20:
            return 400, {}, error("BadRequest", "Number of batch request steps exceeds the maximum value of 20.")
        responses = []
        for one in asked:
            target = f"/{version}{one['url']}"
            broken = self.fault(target)
            own = {**headers, **{name.lower(): value for name, value in one.get("headers", {}).items()}}
            parts = urlsplit(target)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            self.log.append(Request(one["method"], unquote(parts.path), query, own, time.monotonic(), batched=True))
            status, said, answer = (broken.status, dict(broken.headers), broken.body or throttled()) if broken else \
                self._graph(one["method"], unquote(parts.path), query, own, b"")
            responses.append({"id": one["id"], "status": status, "body": answer,
                              "headers": {"Content-Type": "application/json", **said}})
        random.shuffle(responses)
        return 200, {}, {"responses": responses}

    def _resource(self, version: str, path: str, query: Mapping[str, str], granted: frozenset[str],
                  eventual: bool) -> Answer:
        if path.startswith("/identity/conditionalAccess") and self.strict_pace:
            now = time.monotonic()
            if now < self._last + 1.0:
                return 429, {}, throttled()
            self._last = now
        for template, resource in self.resources.items():
            matched = re.fullmatch(re.escape(template).replace(r"\{\}", "([^/]+)"), path)
            if matched and resource.beta == (version == "beta"):
                return self._answer(version, path, resource, matched.groups(), query, granted, eventual)
        return 404, {}, error("ResourceNotFound", f"Resource not found for the segment '{path}'.")

    def _answer(self, version: str, path: str, resource: Resource, keys: Keys, query: Mapping[str, str],
                granted: frozenset[str], eventual: bool) -> Answer:
        select = [one for one in query.get("$select", "").split(",") if one]
        gates = [Gate(resource.permissions, resource.licence, resource.kind),
                 *(gate for name, gate in resource.gated.items() if name in select)]
        for gate in gates:
            if gate.permissions and not granted & set(gate.permissions):
                status, code, words = REFUSALS[gate.kind](gate.permissions)
                return status, {}, error(code, words)
        for gate in gates:
            if gate.licence and gate.licence not in self.licences:
                status, code, words = LICENCES.get(gate.kind, LICENCES["directory"])
                return status, {}, error(code, words)
        found = resource.holds(keys) if callable(resource.holds) else resource.holds
        if found is None:
            return 404, {}, error("Request_ResourceNotFound",
                                  f"Resource '{keys[-1] if keys else path}' does not exist or one of its queried "
                                  "reference-property objects are not present.")
        expand = [one.partition("(")[0] for one in query.get("$expand", "").split(",") if one]
        if isinstance(found, dict):
            return 200, {}, {"@odata.context": f"{self.url}/{version}/$metadata#{path[1:]}/$entity",
                             **shown(found, select, expand, resource)}
        return self._page(version, path, resource, found, query, select, expand, eventual)

    def _page(self, version: str, path: str, resource: Resource, found: list[Item], query: Mapping[str, str],
              select: list[str], expand: list[str], eventual: bool) -> Answer:
        try:
            items = [one for one in found if parse(query["$filter"])(one)] if "$filter" in query else found
            size = _size(resource, query.get("$top"))
            number, same = self._skips[query["$skiptoken"]] if "$skiptoken" in query else (0, eventual)
            if same != eventual:
                raise ValueError("Headers of the first page are to be sent with every page.")
        except (ValueError, KeyError) as wrong:
            return 400, {}, error("Request_UnsupportedQuery", str(wrong))
        if "$filter" in query and not resource.filterable:
            return 400, {}, error("BadRequest", "The query specified in the URI is not valid: $filter.")
        hole = bool(resource.holes) and number % (resource.holes + 1) == resource.holes
        before = number - (number // (resource.holes + 1) if resource.holes else 0)
        start = before * size
        part = [] if hole else items[start:start + size]
        said: Item = {"@odata.context": f"{self.url}/{version}/$metadata#{path[1:]}"}
        if query.get("$count") == "true" and eventual and number == 0:
            said["@odata.count"] = len(items)
        said["value"] = [shown(one, select, expand, resource) for one in part]
        if (start if hole else start + size) < len(items):
            token = secrets.token_urlsafe(24)
            self._skips[token] = number + 1, eventual
            kept = {name: value for name, value in query.items() if name != "$skiptoken"}
            link = urlencode({**kept, "$skiptoken": token}, quote_via=quote, safe="$,()'")
            said["@odata.nextLink"] = f"{self.url}/{version}{quote(path)}?{link}"
        return 200, {"x-ms-resource-unit": "2"}, said


def error(code: str, message: str) -> Item:
    """An error body of Graph's."""
    return {"error": {"code": code, "message": message, "innerError": {
        "date": "2026-11-22T00:00:00", "request-id": secrets.token_hex(8), "client-request-id": secrets.token_hex(8)}}}


def throttled() -> Item:
    """The body of a 429."""
    return error("TooManyRequests", "Too many requests from this application. Please retry later.")


def shown(item: Item, select: list[str], expand: list[str], resource: Resource) -> Item:
    """An object as it is given: what was selected, or what is usual, and what was expanded."""
    names = select or list(resource.usual)
    return {name: value for name, value in item.items()
            if (name in expand if name in resource.expandable else
                not names or name in names or name.startswith("@odata"))}


def _size(resource: Resource, top: str | None) -> int:
    if top is None or resource.over == "ignore":
        return resource.page
    if not top.isdigit() or int(top) < 1 or resource.over == "never" or (
            int(top) > resource.top and resource.over == "refuse"):
        raise ValueError(f"Invalid page size specified: '{top}'. Must be between 1 and {resource.top} inclusive.")
    return min(int(top), resource.top)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Microsoft-IIS/10.0"
    disable_nagle_algorithm = True
    graph: GraphServer

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        broken = self.graph.fault(self.path)
        if broken and broken.status:
            self.graph.log.append(Request(self.command, urlsplit(self.path).path, {}, headers, time.monotonic()))
            said = broken.body if broken.body is not None else throttled() if broken.status == 429 else error(
                "ServiceUnavailable", "The service is temporarily unavailable.")
            self._send(broken.status, dict(broken.headers), said if isinstance(said, bytes) else _dumped(said))
            return
        status, extra, said = self.graph.respond(self.command, self.path, headers, body)
        if broken:
            self._break(_dumped(said) if broken.cut else b"")
            return
        self._send(status, extra, _dumped(said))

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _handle  # noqa: N815

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", "request-id": secrets.token_hex(8),
                            **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _break(self, body: bytes) -> None:
        """Half of an answer, or none, and a reset."""
        if body:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:len(body) // 2])
            self.wfile.flush()
        else:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Tests read ``GraphServer.log``."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    context: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.context is None:
            super().finish_request(request, client_address)
            return
        try:
            with self.context.wrap_socket(request, server_side=True) as secure:
                super().finish_request(secure, client_address)
        except OSError:  # a client that does not trust us
            return

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is none."""


def _dumped(body: Item) -> bytes:
    return json.dumps(body).encode()


@contextmanager
def serve(server: GraphServer | None = None, *, certificate: Path | None = None,
          permissions: Sequence[str] = ()) -> Iterator[GraphServer]:
    """Run a server (a new one with our application, its secret ``SECRET`` and these permissions); over TLS with the
    certificate and key in a PEM file."""
    graph = server or GraphServer()
    graph.entra.apps.setdefault(CLIENT, App(CLIENT, {SECRET}, permissions=set(permissions)))
    handler = type("Handler", (_Handler,), {"graph": graph})
    with _Server(("127.0.0.1", 0), handler) as listening:
        if certificate is not None:
            listening.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            listening.context.load_cert_chain(certificate)
        graph.url = f"{'https' if certificate else 'http'}://127.0.0.1:{listening.server_address[1]}"
        graph.entra.base = graph.url
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield graph
        finally:
            listening.shutdown()
            thread.join()
