"""Every refusal the server makes by HTTP: one table of stable types, their statuses and titles.

The body is RFC 9457 ``application/problem+json``; ``type`` is the bare word below.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from hustings.errors import HustingsError


class Kind(NamedTuple):
    status: int
    title: str


PROBLEMS = {
    "bad_request": Kind(400, "The request cannot be read"),
    "bad_signature": Kind(401, "No enrolled key signed these bytes"),
    "bad_token": Kind(401, "The enrolment token is not valid"),
    "bad_api_token": Kind(401, "The API token is not valid: it is unknown, has expired, or was revoked"),
    "sign_in": Kind(401, "Sign in first"),
    "revoked": Kind(403, "This agent's reports are no longer taken"),
    "other_agent": Kind(403, "The report claims another agent or tenant than its key's"),
    "other_site": Kind(403, "The request comes from another site"),
    "second_factor": Kind(403, "Prove a second factor first"),
    "scope": Kind(403, "The API token may not be used for this"),
    "forbidden": Kind(403, "Not allowed"),
    "not_found": Kind(404, "There is nothing here"),
    "method_not_allowed": Kind(405, "This address does not take that method"),
    "too_slow": Kind(408, "The body did not arrive in time"),
    "fork": Kind(409, "The payload contradicts what was already accepted"),
    "gap": Kind(409, "Earlier payloads are missing"),
    "need_full": Kind(409, "The inventory it names is not the last one accepted: send it whole"),
    "key_in_use": Kind(409, "The key is already enrolled"),
    "gone": Kind(410, "What this said is no longer kept"),
    "too_large": Kind(413, "The body is too large"),
    "unsupported_encoding": Kind(415, "The content encoding is not supported"),
    "unsupported_type": Kind(415, "Send application/json"),
    "wrong_host": Kind(421, "This server does not answer to that name"),
    "malformed": Kind(422, "The document is malformed"),
    "not_done": Kind(422, "That cannot be done"),
    "too_many": Kind(429, "Too many of these; wait"),
    "failed": Kind(500, "The server failed; its log says why"),
    "busy": Kind(503, "The server cannot store now; try again"),
}


class Refused(HustingsError):
    """A request that is answered with a problem. ``extra`` becomes members of the body."""

    def __init__(self, kind: str, detail: str = "", *, retry_after: int | None = None, **extra: Any) -> None:
        self.kind = kind
        self.detail = detail
        self.retry_after = retry_after
        self.extra = extra
        super().__init__(detail or PROBLEMS[kind].title)

    @property
    def status(self) -> int:
        return PROBLEMS[self.kind].status

    def body(self) -> bytes:
        """The problem document."""
        members: dict[str, Any] = {"type": self.kind, "title": PROBLEMS[self.kind].title, "status": self.status}
        if self.detail:
            members["detail"] = self.detail
        return json.dumps(members | self.extra).encode("ascii")

    def headers(self) -> list[tuple[bytes, bytes]]:
        headers = [(b"content-type", b"application/problem+json")]
        if self.retry_after is not None:
            headers.append((b"retry-after", str(self.retry_after).encode("ascii")))
        if self.status == 405 and "allow" in self.extra:
            headers.append((b"allow", self.extra["allow"].encode("ascii")))
        if self.status == 401:
            scheme = b'Bearer realm="hustings"' if self.kind == "bad_api_token" else b"Hustings"
            headers.append((b"www-authenticate", scheme))
        return headers
