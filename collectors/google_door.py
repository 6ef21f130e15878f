"""The way to Google's interfaces: one token for all that is granted, pages, throttling, every refusal as a reason.

Nothing is sent to another host than Google's (or, in a rehearsal, than the one declared): redirects are refused, and
the only addresses are those of ``google_sections``. TLS is verified.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from collectors._patience import OutOfTime, Patience
from collectors.google_errors import (
    THROTTLED,
    GoogleError,
    NotGranted,
    NotSignedIn,
    Throttled,
    Unreachable,
    reasons_in,
    refusal,
)
from collectors.google_sign_in import Account, ScopeRefused, is_loopback
from collectors.host.protocol import Unsupported
from hustings.declared import Tenant
from hustings.directory.google_sections import Section

LIMIT = 32 << 20
"""Bytes of one answer, inflated."""
_TIMEOUT = 60.0
_TRIES = {429: 8, 403: 8, 500: 4, 502: 4, 503: 6, 504: 4}
"""Attempts in all, by the status that asks for another; a 403 only where it is about the rate."""
_LOST = 3
"""Attempts where the connection is lost."""
_PAGES = 100_000

T = TypeVar("T")


class Google:
    """A session with one tenant, for one run."""

    def __init__(self, tenant: Tenant, account: Account, wanted: tuple[Section, ...], patience: Patience) -> None:
        try:
            import requests
        except ImportError as error:
            raise Unsupported("install hustings[directory]") from error
        self.requests = 0
        self.patience = patience
        self._tenant = tenant
        self._account = account
        self._wanted = tuple(one.scope for one in wanted)
        self._one_by_one = False
        self._tokens: dict[tuple[str, str], str] = {}
        self._session = requests.Session()
        self._session.trust_env = not (tenant.url and is_loopback(tenant.url))
        self._session.headers.update({"User-Agent": "hustings (gzip)", "Accept": "application/json"})

    def close(self) -> None:
        """Forget the tokens and end the connections."""
        self._tokens.clear()
        self._session.close()

    def get(self, section: Section, path: str, params: Mapping[str, str], *, subject: str = "") -> bytes:
        """The body of an answer. ``subject``: in whose name, instead of the administrator's.
        Raises ``GoogleError`` and its kin."""
        again = True
        while True:
            token = self._token(section, subject)
            status, body = self._send("GET", self._base(section) + path, params=params, auth=_Bearer(token))
            if status == 200:
                return body
            if status != 401 or not again:
                raise refusal(status, body, section)
            again = False
            self._tokens.clear()

    def one(self, section: Section, path: str, params: Mapping[str, str], kind: type[T], *, subject: str = "") -> T:
        """One answer in a known shape."""
        return decoded(self.get(section, path, params, subject=subject), kind)

    def pages(self, section: Section, path: str, params: Mapping[str, str], kind: type[T], *,
              pause: float = 0.0) -> Iterator[T]:
        """Every page of a list: ``kind`` has a field ``nextPageToken``. ``pause``: seconds between two pages.
        A page may be empty and still not be the last."""
        token = ""
        seen: set[str] = set()
        for _ in range(_PAGES):
            page = self.one(section, path, {**params, **({"pageToken": token} if token else {})}, kind)
            yield page
            token = str(getattr(page, "nextPageToken", ""))
            if not token:
                return
            if token in seen:
                raise GoogleError("Google's pages go round in a circle")
            seen.add(token)
            self._pause(pause)
        raise GoogleError("Google's pages do not end")

    def sign_in(self, first: Section) -> None:
        """Get a token for everything that is wanted; where Google will not have it all, find out part by part, as
        each is asked for. Raises ``NotSignedIn`` and ``Unreachable``: then nothing can be read."""
        try:
            self._token(first, "")
        except NotGranted:
            return

    def _token(self, section: Section, subject: str) -> str:
        who = subject or self._tenant.administrator
        scopes = (section.scope,) if subject or self._one_by_one else self._wanted
        held = self._tokens.get((" ".join(scopes), who))
        if held is not None:
            return held
        try:
            token = self._account.token(scopes, who, self._post)
        except ScopeRefused:
            if len(scopes) == 1:
                raise NotGranted("the service account may not ask for this", grant=section.grant) from None
            self._one_by_one = True
            return self._token(section, subject)
        self._tokens[(" ".join(scopes), who)] = token
        return token

    def _base(self, section: Section) -> str:
        return self._tenant.url.rstrip("/") if self._tenant.url else f"https://{section.host}"

    def _post(self, url: str, body: bytes) -> tuple[int, bytes]:
        return self._send("POST", url, data=body, auth=_Nobody(),
                          headers={"Content-Type": "application/x-www-form-urlencoded"})

    def _send(self, method: str, url: str, **more: Any) -> tuple[int, bytes]:
        """The last answer, after as many attempts as its status is worth."""
        attempt = 0
        while True:
            try:
                status, body, after = self._once(method, url, more)
            except _Lost as lost:
                attempt += 1
                if attempt >= _LOST:
                    raise Unreachable(lost.what) from None
                self._wait(attempt, None)
                continue
            attempt += 1
            if status == 200 or status not in _TRIES or (status == 403 and not reasons_in(body) & THROTTLED):
                return status, body
            if attempt >= _TRIES[status]:
                if status in (403, 429):
                    raise Throttled(f"Google asked {attempt} times to come back later ({status})", status=status)
                raise Unreachable(f"Google answered {attempt} times with status {status}", status=status)
            self._wait(attempt, after)

    def _once(self, method: str, url: str, more: Mapping[str, Any]) -> tuple[int, bytes, float | None]:
        import requests

        try:
            left = self.patience.left()
        except OutOfTime:
            raise Unreachable("the time for reading this tenant is used up") from None
        self.requests += 1
        try:
            with self._session.request(method, url, allow_redirects=False, stream=True,
                                       timeout=min(_TIMEOUT, left),
                                       verify=self._tenant.tls_ca or None, **more) as answer:
                if 300 <= answer.status_code < 400:
                    raise GoogleError(f"the service sends elsewhere (status {answer.status_code}), which is not "
                                      "followed", status=answer.status_code)
                return answer.status_code, _body(answer), _after(answer.headers.get("Retry-After", ""))
        except requests.exceptions.SSLError as error:
            raise Unreachable(f"no encrypted connection to {urlsplit(url).hostname} could be made: see the certificate "
                              "authorities of this machine, and tls_ca") from error
        except requests.exceptions.RequestException as error:
            raise _Lost(f"{urlsplit(url).hostname} gave no whole answer ({type(error).__name__})") from error

    def _wait(self, attempt: int, after: float | None) -> None:
        try:
            self.patience.wait(attempt, after)
        except OutOfTime:
            raise Throttled("Google asks to wait longer than reading may last") from None

    def _pause(self, seconds: float) -> None:
        try:
            self.patience.pause(seconds)
        except OutOfTime:
            raise Unreachable("the time for reading this tenant is used up") from None


class _Lost(Exception):
    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(what)


class _Bearer:
    """Puts the token on a request; an own kind of sign-in keeps ``requests`` from adding that of a ``.netrc``."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: Any) -> Any:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Nobody:
    def __call__(self, request: Any) -> Any:
        return request


def decoded(body: bytes, kind: type[T]) -> T:
    """An answer in a known shape; further fields are passed over. Raises ``GoogleError``."""
    try:
        return msgspec.json.decode(body, type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GoogleError("Google's answer has a shape that this release does not know") from error


def _body(answer: Any) -> bytes:
    parts, size = [], 0
    for part in answer.iter_content(1 << 16):
        size += len(part)
        if size > LIMIT:
            raise GoogleError(f"an answer is larger than {LIMIT >> 20} MiB")
        parts.append(part)
    return b"".join(parts)


def _after(text: str) -> float | None:
    """Seconds of a Retry-After; None for none, and for the rarer form with a date."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


__all__ = ["LIMIT", "Google", "NotSignedIn", "decoded"]
