"""The wire that msal signs in over: every byte it sends goes through ``Web``, to the declared origin alone.

msal wants https even of a rehearsal on this machine: it is told https, and the wire says http. Answers are JSON
objects or they do not reach it, for what it cannot read it would log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from collectors._patience import OutOfTime, Patience
from collectors._web import Answer, NoAnswer, Web, origin
from collectors.graph_errors import GraphError, Throttled, Unreachable
from collectors.host.protocol import LookError, Unreadable
from hustings import strict_json
from hustings.errors import BadDocument
from hustings.times import utc_text

TIMEOUT = 30.0
LIMIT = 1 << 20
_DISCOVERY = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Response:
    """An answer as msal takes it."""

    status_code: int
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def raise_for_status(self) -> None:
        """For 5xx, which never get here."""


class Wire:
    """An ``http_client`` of msal's."""

    def __init__(self, web: Web, patience: Patience) -> None:
        self._web = web
        self._patience = patience

    def get(self, url: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None,
            **_: Any) -> Response:
        """One GET."""
        return self._ask("GET", url + ("?" + urlencode(params) if params else ""), headers, None)

    def post(self, url: str, *, params: Mapping[str, str] | None = None, data: Any = None,
             headers: Mapping[str, str] | None = None, **_: Any) -> Response:
        """One POST of a form."""
        form = data if isinstance(data, str) else urlencode({k: v for k, v in (data or {}).items() if v is not None})
        said = {**(headers or {}), "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        return self._ask("POST", url + ("?" + urlencode(params) if params else ""), said, form.encode())

    def close(self) -> None:
        """Nothing to do: the session ends with the run."""

    def address(self, url: str) -> str:
        """As it really is: what msal takes for https is plain http in a rehearsal on loopback."""
        plain = "http://" + url.removeprefix("https://")
        return plain if url.startswith("https://") and _origin(plain) in self._web.origins else url

    def _ask(self, method: str, url: str, headers: Mapping[str, str] | None, body: bytes | None) -> Response:
        failed = 0
        while True:
            asked = None
            trouble: LookError
            try:
                answer = self._web.ask(method, self.address(url), headers=_plain(headers or {}), body=body,
                                       timeout=min(TIMEOUT, self._patience.left()))
                if answer.status < 500 and answer.status != 429:
                    return self._response(answer, url)
                asked = answer.retry_after(self._patience.clock.now())
                trouble = Unreachable(f"the sign-in at {self._web.host} answered {answer.status}",
                                      status=answer.status)
            except NoAnswer as error:
                trouble = Unreachable(error.missing.detail)
            except BadDocument:
                if 400 <= answer.status < 500:
                    raise GraphError(f"the sign-in at {self._web.host} answered {answer.status}: see that the address "
                                     "is right", status=answer.status) from None
                trouble = Unreadable(f"the sign-in at {self._web.host} answered what is no JSON")
            except OutOfTime as error:
                raise self._over(error) from None
            failed += 1
            if failed == self._patience.backoff.tries:
                raise trouble
            try:
                self._patience.wait(failed - 1, asked)
            except OutOfTime as error:
                raise self._over(error) from None

    def _over(self, error: OutOfTime) -> Throttled:
        return Throttled(f"the sign-in at {self._web.host} takes too long: go on after {utc_text(error.again)}",
                         error.again)

    def _response(self, answer: Answer, url: str) -> Response:
        said = strict_json.loads(answer.body, limit=LIMIT)
        if not isinstance(said, dict):
            raise Unreadable(f"the sign-in at {self._web.host} answered what is no JSON object")
        if urlsplit(url).path.endswith(_DISCOVERY) and answer.status == 200:
            if not isinstance(said.get("token_endpoint"), str):
                raise Unreadable(f"the sign-in at {self._web.host} names no token_endpoint")
            said.setdefault("authorization_endpoint", said["token_endpoint"])  # never used, and msal wants one
            said = {name: self._endpoint(name, value) for name, value in said.items()}
        return Response(answer.status, strict_json.dumps(said).decode(), answer.headers)

    def _endpoint(self, name: str, value: Any) -> Any:
        """An endpoint of the discovery document: credentials go there, so it must be of the declared origin."""
        if not name.endswith("_endpoint") or not isinstance(value, str):
            return value
        if name in ("token_endpoint", "device_authorization_endpoint") and _origin(value) not in self._web.origins:
            raise Unreadable(f"the sign-in at {self._web.host} names another host as its {name}: not followed")
        return "https://" + value.removeprefix("http://") if value.startswith("http://") else value


def _plain(headers: Mapping[str, str]) -> dict[str, str]:
    """Without what msal tells of this machine: its system and the releases of its libraries."""
    return {name: value for name, value in headers.items() if not name.lower().startswith("x-client-")}


def _origin(url: str) -> str:
    try:
        return origin(url)
    except LookError:
        return ""
