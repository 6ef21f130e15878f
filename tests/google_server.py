"""A server that speaks to a service account as Google does: real HTTP on loopback, signed assertions at the token
endpoint, scopes and interfaces that may be missing, field masks, pages bound to their question, throttling, faults.

What it holds are plain dicts in Google's JSON form (``Workspace``). ``serve()`` starts one.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT = "reader@office-audit.iam.gserviceaccount.com"
ADMINISTRATOR = "reader@office.example"
CUSTOMER = "C03ymv5su"
AUTH = "https://www.googleapis.com/auth/"
AUDIENCE = "https://oauth2.googleapis.com/token"
ALL_SCOPES = frozenset(AUTH + one for one in (
    "admin.directory.user.readonly", "admin.directory.rolemanagement.readonly", "admin.directory.orgunit.readonly",
    "admin.directory.group.readonly", "cloud-identity.policies.readonly", "admin.reports.usage.readonly",
    "cloud-identity.inboundsso.readonly", "admin.directory.device.mobile.readonly",
    "admin.directory.device.chromeos.readonly", "cloud-identity.devices.readonly", "gmail.settings.basic"))
ROOT = "03ph8a2z2dvk5ts"
_USER_FIELDS = frozenset({
    "id", "primaryEmail", "aliases", "nonEditableAliases", "isAdmin", "isDelegatedAdmin", "isEnrolledIn2Sv",
    "isEnforcedIn2Sv", "suspended", "archived", "isGuestUser", "isMailboxSetup", "orgUnitPath", "creationTime",
    "lastLoginTime", "name"})
_NEVER = "1970-01-01T00:00:00.000Z"
Json = dict[str, Any]


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    """The service account's key: one for the whole run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Fault:
    """Something that goes wrong, ``times`` over, with requests whose path begins so."""

    path: str
    status: int
    reason: str = ""
    times: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Workspace:
    """A tenant, in Google's own form."""

    users: list[Json] = field(default_factory=list)
    units: list[Json] = field(default_factory=list)
    roles: list[Json] = field(default_factory=list)
    assignments: list[Json] = field(default_factory=list)
    groups: dict[str, Json] = field(default_factory=dict)
    """By id: ``email``, ``name``, and ``members`` as ids of users and groups."""
    policies: list[Json] = field(default_factory=list)
    policy_answers: list[Json] = field(default_factory=list)
    """Answers of the Policy API given as they are, one after the other, instead of ``policies``."""
    usage: dict[str, list[Json]] = field(default_factory=dict)
    """Usage reports by day."""
    sign_on: list[Json] = field(default_factory=list)
    mobiles: list[Json] = field(default_factory=list)
    chromebooks: list[Json] = field(default_factory=list)
    computers: list[Json] = field(default_factory=list)
    mail: dict[str, Json] = field(default_factory=dict)
    """By address: ``forward`` and ``filters``."""


class GoogleServer:
    """The running server and what it was asked."""

    def __init__(self, workspace: Workspace, port: int) -> None:
        self.workspace = workspace
        self.url = f"http://127.0.0.1:{port}"
        self.granted = set(ALL_SCOPES)
        self.disabled: set[str] = set()
        """Hosts whose interface is not enabled: told apart by the path."""
        self.unprivileged: set[str] = set()
        """Beginnings of paths that the administrator may not read."""
        self.faults: list[Fault] = []
        self.asked: list[tuple[str, str]] = []
        self.page = 0
        """Items of a page; 0 for as many as are asked for."""
        self.reported = {one["name"] for one in usage("")["parameters"]}
        """The parameters of usage reports that there are."""
        self.every_second = False
        """Whether the Policy API refuses a second request within a second."""
        self.tokens: dict[str, tuple[frozenset[str], str]] = {}
        self._pages: dict[str, tuple[str, int]] = {}
        self._last_policy = 0.0

    def paths(self, begin: str = "") -> list[str]:
        """Of the requests so far."""
        return [path for _, path in self.asked if path.startswith(begin)]

    def key_file(self, directory: Path, **changes: Any) -> Path:
        """A key file as Google's console gives it."""
        text = rsa_key().private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                       serialization.NoEncryption()).decode()
        body = {"type": "service_account", "project_id": "office-audit", "private_key_id": "a1b2c3",
                "private_key": text, "client_email": CLIENT, "client_id": "100200300400500600700",
                "auth_uri": "https://accounts.google.com/o/oauth2/auth", "token_uri": AUDIENCE,
                "universe_domain": "googleapis.com"} | changes
        file = directory / "google-key.json"
        file.write_text(json.dumps(body))
        file.chmod(0o600)
        return file

    # the token endpoint

    def token(self, form: Mapping[str, str]) -> tuple[int, Json]:
        """An access token for a signed assertion, as RFC 7523 and Google's page on service accounts have it."""
        if form.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return 400, {"error": "unsupported_grant_type", "error_description": "Invalid grant_type"}
        try:
            head, claims, signature = (_unpadded(one) for one in form["assertion"].split("."))
            header, said = json.loads(head), json.loads(claims)
            rsa_key().public_key().verify(signature, form["assertion"].rpartition(".")[0].encode(), padding.PKCS1v15(),
                                          hashes.SHA256())
        except (ValueError, KeyError, InvalidSignature):
            return 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        now = time.time()
        if header.get("alg") != "RS256" or said.get("iss") != CLIENT or said.get("aud") != AUDIENCE:
            return 400, {"error": "invalid_grant", "error_description": "Invalid JWT: issuer or audience"}
        if not (now - 3900 < said["iat"] <= now + 300 and now < said["exp"] <= said["iat"] + 3600):
            return 400, {"error": "invalid_grant", "error_description": "Invalid JWT: Token must be a short-lived "
                         "token (60 minutes) and in a reasonable timeframe."}
        subject = next((one for one in self.workspace.users if one["primaryEmail"] == said.get("sub")), None)
        if subject is None or subject.get("suspended"):
            return 400, {"error": "invalid_grant", "error_description": "Invalid email or User ID"}
        scopes = frozenset(said.get("scope", "").split())
        if not scopes or not scopes <= self.granted:
            return 401, {"error": "unauthorized_client", "error_description": "Client is unauthorized to retrieve "
                         "access tokens using this method, or client not authorized for any of the scopes requested."}
        token = "ya29.canary-" + secrets.token_urlsafe(24)
        self.tokens[token] = (scopes, str(subject["primaryEmail"]))
        return 200, {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}

    # the interfaces

    def answer(self, path: str, query: dict[str, str], token: str) -> tuple[int, Json, Mapping[str, str]]:
        """The answer to a GET."""
        for fault in self.faults:
            if fault.times > 0 and path.startswith(fault.path):
                fault.times -= 1
                return fault.status, error(fault.status, fault.reason), fault.headers
        if token not in self.tokens:
            return 401, error(401, "authError", "Request had invalid authentication credentials."), {}
        scopes, subject = self.tokens[token]
        found = next((one for one in ROUTES if re.fullmatch(one[0], path)), None)
        if found is None:
            return 404, error(404, "notFound"), {}
        pattern, host, scope, method = found
        if host in self.disabled:
            return 403, error(403, "accessNotConfigured", f"{host} has not been used in project 123 before or it is "
                              "disabled.", "SERVICE_DISABLED"), {}
        if AUTH + scope not in scopes:
            return 403, error(403, "insufficientPermissions", "Request had insufficient authentication scopes.",
                              "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), {}
        if subject != ADMINISTRATOR and host != "gmail.googleapis.com":
            return 403, error(403, "forbidden", "Not Authorized to access this resource/api"), {}
        if any(path.startswith(one) for one in self.unprivileged):
            return 403, error(403, "forbidden", "Not Authorized to access this resource/api"), {}
        matched = re.fullmatch(pattern, path)
        assert matched is not None
        parts = [unquote(one) for one in matched.groups()]
        status, body = getattr(self, method)(parts, query, path, subject)
        if status == 200 and query.get("fields"):
            body = _masked(body, query["fields"])
        return status, body, {}

    def _users(self, _: list[str], query: dict[str, str], path: str, __: str) -> tuple[int, Json]:
        if query.get("customer") not in ("my_customer", CUSTOMER):
            return 400, error(400, "badRequest", "Bad Request")
        if not 1 <= int(query.get("maxResults", "100")) <= 500:
            return 400, error(400, "invalid", "Invalid value for maxResults")
        wanted = re.search(r"users\(([^)]*)\)", query.get("fields", ""))
        unknown = set(wanted[1].split(",")) - _USER_FIELDS if wanted else set()
        if unknown:
            return 400, error(400, "invalidParameter", f"Invalid field selection {sorted(unknown)[0]}")
        return self._paged("users", self.workspace.users, query, path, int(query.get("maxResults", "100")))

    def _units(self, _: list[str], query: dict[str, str], __: str, ___: str) -> tuple[int, Json]:
        units = self.workspace.units
        if query.get("type") != "allIncludingParent":
            units = [one for one in units if one["orgUnitPath"] != "/"]
        return 200, {"kind": "admin#directory#orgUnits", "organizationUnits": units} if units else {}

    def _roles(self, _: list[str], query: dict[str, str], path: str, __: str) -> tuple[int, Json]:
        return self._paged("items", self.workspace.roles, query, path, int(query.get("maxResults", "100")))

    def _assignments(self, _: list[str], query: dict[str, str], path: str, __: str) -> tuple[int, Json]:
        return self._paged("items", self.workspace.assignments, query, path, int(query.get("maxResults", "100")))

    def _group(self, parts: list[str], _: dict[str, str], __: str, ___: str) -> tuple[int, Json]:
        for key, one in self.workspace.groups.items():
            if parts[0] in (key, one["email"]):
                return 200, {"id": key, "email": one["email"], "name": one["name"]}
        return 404, error(404, "notFound", "Resource Not Found: groupKey")

    def _groups(self, _: list[str], query: dict[str, str], path: str, __: str) -> tuple[int, Json]:
        wanted = re.fullmatch(r"name='(.*)'", query.get("query", ""))
        kept = [{"id": key, "email": one["email"], "name": one["name"]} for key, one in self.workspace.groups.items()
                if wanted is None or one["name"] == wanted[1].replace("\\'", "'")]
        return self._paged("groups", kept, query, path, int(query.get("maxResults", "200")))

    def _members(self, parts: list[str], query: dict[str, str], path: str, _: str) -> tuple[int, Json]:
        if parts[0] not in self.workspace.groups:
            return 404, error(404, "notFound", "Resource Not Found: groupKey")
        direct = self._of(parts[0])
        if query.get("includeDerivedMembership") == "true":
            seen, waiting = {parts[0]}, [one["id"] for one in direct if one["type"] == "GROUP"]
            while waiting:
                group = waiting.pop()
                if group not in seen:
                    seen.add(group)
                    more = self._of(group)
                    direct = direct + more
                    waiting += [one["id"] for one in more if one["type"] == "GROUP"]
        return self._paged("members", direct, query, path, int(query.get("maxResults", "200")))

    def _of(self, group: str) -> list[Json]:
        everyone = self.workspace.groups.get(group, {}).get("members", [])
        return [{"id": one, "type": "GROUP" if one in self.workspace.groups else
                 "CUSTOMER" if one == CUSTOMER else "USER", "status": "ACTIVE"} for one in everyone]

    def _policies(self, _: list[str], query: dict[str, str], path: str, __: str) -> tuple[int, Json]:
        if self.every_second:
            now = time.monotonic()
            if now - self._last_policy < 1.0:
                return 429, error(429, "rateLimitExceeded", "Quota exceeded for quota metric 'Read requests'",
                                  "RATE_LIMIT_EXCEEDED")
            self._last_policy = now
        if self.workspace.policy_answers:
            tokens = ["", *(one.get("nextPageToken", "") for one in self.workspace.policy_answers)]
            wanted = query.get("pageToken", "")
            if wanted not in tokens[:len(self.workspace.policy_answers)]:
                return 400, error(400, "badRequest", "Invalid page token")
            return 200, self.workspace.policy_answers[tokens.index(wanted)]
        return self._paged("policies", self.workspace.policies, query, path, min(int(query.get("pageSize", "50")), 100))

    def _usage(self, parts: list[str], query: dict[str, str], path: str, _: str) -> tuple[int, Json]:
        newest = max(self.workspace.usage, default="")
        if parts[0] > newest:
            return 400, error(400, "invalid", f"Data for dates later than {newest or '2026-01-01'} is not yet "
                              "available. Please check back later.")
        wanted = set(query["parameters"].split(","))
        if wanted - self.reported:
            return 400, error(400, "invalid", f"Unrecognized parameter: {sorted(wanted - self.reported)[0]}")
        rows = [{**one, "parameters": [part for part in one["parameters"] if part["name"] in wanted]}
                for one in self.workspace.usage.get(parts[0], [])]
        return self._paged("usageReports", rows, query, path, int(query.get("maxResults", "1000")))

    def _sign_on(self, _: list[str], query: dict[str, str], path: str, __: str) -> tuple[int, Json]:
        return self._paged("inboundSsoAssignments", self.workspace.sign_on, query, path, 100)

    def _mobiles(self, _: list[str], query: dict[str, str], path: str, __: str) -> tuple[int, Json]:
        return self._paged("mobiledevices", self.workspace.mobiles, query, path, min(int(query["maxResults"]), 100))

    def _chromebooks(self, _: list[str], query: dict[str, str], path: str, __: str) -> tuple[int, Json]:
        size = min(int(query["maxResults"]), 300)
        return self._paged("chromeosdevices", self.workspace.chromebooks, query, path, size)

    def _computers(self, _: list[str], query: dict[str, str], path: str, __: str) -> tuple[int, Json]:
        return self._paged("devices", self.workspace.computers, query, path, min(int(query["pageSize"]), 100))

    def _mail(self, parts: list[str], _: dict[str, str], __: str, subject: str) -> tuple[int, Json]:
        if parts[0] not in ("me", subject):
            return 403, error(403, "forbidden", "Delegation denied")
        box = self.workspace.mail.get(subject)
        if box is None:
            return 400, error(400, "failedPrecondition", "Mail service not enabled")
        if parts[1] == "filters":
            return 200, {"filter": [{"id": "f", "action": {"forward": one}} for one in box.get("filters", [])]} \
                if box.get("filters") else {}
        forward = box.get("forward", "")
        return 200, {"enabled": True, "emailAddress": forward, "disposition": "leaveInInbox"} if forward else {
            "enabled": False}

    def _paged(self, name: str, items: list[Json], query: dict[str, str], path: str, size: int) -> tuple[int, Json]:
        """A page; a token goes with the question it was given for, and an empty list is left out, as by Google."""
        size = min(size, self.page) if self.page else size
        question = path + json.dumps({key: value for key, value in sorted(query.items()) if key != "pageToken"})
        start = 0
        if "pageToken" in query:
            asked, start = self._pages.get(query["pageToken"], ("", 0))
            if asked != question:
                return 400, error(400, "invalid", "Invalid Input: pageToken")
        body: Json = {name: items[start:start + size]} if items[start:start + size] else {}
        if start + size < len(items):
            token = secrets.token_urlsafe(8)
            self._pages[token] = (question, start + size)
            body["nextPageToken"] = token
        return 200, body


_DIRECTORY, _IDENTITY = "admin.googleapis.com", "cloudidentity.googleapis.com"
_CUSTOMER_PATH = r"/admin/directory/v1/customer/(?:my_customer|" + CUSTOMER + ")"
ROUTES = (
    (r"/admin/directory/v1/users", _DIRECTORY, "admin.directory.user.readonly", "_users"),
    (_CUSTOMER_PATH + "/orgunits", _DIRECTORY, "admin.directory.orgunit.readonly", "_units"),
    (_CUSTOMER_PATH + "/roles", _DIRECTORY, "admin.directory.rolemanagement.readonly", "_roles"),
    (_CUSTOMER_PATH + "/roleassignments", _DIRECTORY, "admin.directory.rolemanagement.readonly", "_assignments"),
    (_CUSTOMER_PATH + "/devices/mobile", _DIRECTORY, "admin.directory.device.mobile.readonly", "_mobiles"),
    (_CUSTOMER_PATH + "/devices/chromeos", _DIRECTORY, "admin.directory.device.chromeos.readonly", "_chromebooks"),
    (r"/admin/directory/v1/groups", _DIRECTORY, "admin.directory.group.readonly", "_groups"),
    (r"/admin/directory/v1/groups/([^/]+)", _DIRECTORY, "admin.directory.group.readonly", "_group"),
    (r"/admin/directory/v1/groups/([^/]+)/members", _DIRECTORY, "admin.directory.group.readonly", "_members"),
    (r"/admin/reports/v1/usage/users/all/dates/(\d{4}-\d\d-\d\d)", _DIRECTORY, "admin.reports.usage.readonly",
     "_usage"),
    (r"/v1/policies", _IDENTITY, "cloud-identity.policies.readonly", "_policies"),
    (r"/v1/inboundSsoAssignments", _IDENTITY, "cloud-identity.inboundsso.readonly", "_sign_on"),
    (r"/v1/devices", _IDENTITY, "cloud-identity.devices.readonly", "_computers"),
    (r"/gmail/v1/users/([^/]+)/settings/(autoForwarding|filters)", "gmail.googleapis.com", "gmail.settings.basic",
     "_mail"),
)


def error(status: int, reason: str, message: str = "", detail: str = "") -> Json:
    """An error body: the old form with ``errors`` and the new one with ``details`` at once, as Google gives them."""
    names = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
             429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
    body: Json = {"code": status, "message": message or reason, "status": names.get(status, "INTERNAL"),
                  "errors": [{"message": message or reason, "domain": "global", "reason": reason}]}
    if detail:
        body["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": detail,
                            "domain": "googleapis.com"}]
    return {"error": body}


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _masked(body: Any, mask: str) -> Any:
    """A partial response: ``a,b(c,d)``."""
    if isinstance(body, list):
        return [_masked(one, mask) for one in body]
    if not isinstance(body, dict):
        return body
    kept: Json = {}
    for name, inner in re.findall(r"(\w+)(\((?:[^()]|\([^()]*\))*\))?", mask):
        if name in body:
            kept[name] = _masked(body[name], inner[1:-1]) if inner else body[name]
    return kept


@contextmanager
def serve(workspace: Workspace | None = None) -> Iterator[GoogleServer]:
    """A running server."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            state.asked.append(("POST", self.path))
            for fault in state.faults:
                if fault.times > 0 and self.path == fault.path:
                    fault.times -= 1
                    self._say(fault.status, {"error": fault.reason}, fault.headers)
                    return
            if self.path != "/token":
                self._say(404, error(404, "notFound"), {})
                return
            self._say(*state.token(dict(parse_qsl(body.decode()))), {})

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            state.asked.append(("GET", parts.path))
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            self._say(*state.answer(parts.path, dict(parse_qsl(parts.query)), token))

        def _say(self, status: int, body: Json, headers: Mapping[str, str]) -> None:
            text = gzip.compress(json.dumps(body).encode(), 1)
            self.send_response(status)
            for name, value in {"Content-Type": "application/json; charset=UTF-8", "Content-Encoding": "gzip",
                                "Content-Length": str(len(text)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    state = GoogleServer(workspace or Workspace(), httpd.server_address[1])
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


# what tenants are made of

def user(name: str, key: str = "", **more: Any) -> Json:
    """An account as the Directory API gives it, with its second step set up and enforced."""
    return {"id": key or f"1{abs(hash(name)) % 10**20:020d}", "primaryEmail": name, "isAdmin": False,
            "isDelegatedAdmin": False, "isEnrolledIn2Sv": True, "isEnforcedIn2Sv": True, "suspended": False,
            "archived": False, "isMailboxSetup": True, "orgUnitPath": "/", "creationTime": "2024-01-15T09:00:00.000Z",
            "lastLoginTime": "2026-11-20T08:30:00.000Z", "name": {"fullName": "Somebody"}, **more}


def policy(kind: str, value: Json, *, unit: str = ROOT, order: float = 201.0, **more: Any) -> Json:
    """A setting as the Policy API gives it; ``group`` and ``query`` go into the query, ``type`` is ADMIN."""
    query = {"orgUnit": f"orgUnits/{unit}", "sortOrder": order}
    if "group" in more:
        query["group"] = more.pop("group")
    if "query" in more:
        query["query"] = more.pop("query")
    return {"name": f"policies/{secrets.token_hex(8)}", "customer": f"customers/{CUSTOMER}", "policyQuery": query,
            "setting": {"type": f"settings/{kind}", "value": value}, "type": more.pop("type", "ADMIN")}


def unit(path: str, key: str, parent: str = ROOT) -> Json:
    """An organisational unit."""
    found = {"orgUnitId": f"id:{key}", "orgUnitPath": path, "name": path.rpartition("/")[2] or "office"}
    return found if path == "/" else {**found, "parentOrgUnitId": f"id:{parent}",
                                      "parentOrgUnitPath": path.rpartition("/")[0] or "/"}


def usage(name: str, keys: int = 0, passkeys: int = 0, mail: str = _NEVER) -> Json:
    """A row of the usage report."""
    return {"kind": "admin#reports#usageReport", "entity": {"type": "USER", "userEmail": name, "profileId": ""},
            "parameters": [{"name": "accounts:num_security_keys", "intValue": str(keys)},
                           {"name": "accounts:num_passkeys_enrolled", "intValue": str(passkeys)},
                           {"name": "gmail:last_interaction_time", "datetimeValue": mail},
                           {"name": "gmail:last_webmail_time", "datetimeValue": mail},
                           {"name": "gmail:last_imap_time", "datetimeValue": _NEVER},
                           {"name": "gmail:last_pop_time", "datetimeValue": _NEVER}]}
