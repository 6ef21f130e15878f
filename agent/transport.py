"""The way to the server: ``requests``, with everything trusting about it turned off.

TLS certificates are verified always, against the pinned authority where there is one. Plain http
goes to loopback addresses alone. Redirects are not followed, proxies and credentials are not taken
from the environment, and no answer is read past its limit.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from hustings import __version__
from hustings.backoff import Backoff
from hustings.errors import BadDocument, CannotFinish, HustingsError, Untrusted, UsageError

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 30.0
DEADLINE = 120.0
"""Seconds for one whole answer, however slowly it drips."""
ANSWER_LIMIT = 1 << 20


@dataclass(frozen=True)
class Answer:
    """What the server said. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def problem(self) -> dict[str, Any]:
        """The members of an ``application/problem+json`` body; empty if it is not one."""
        from hustings import strict_json

        if self.headers.get("content-type", "").partition(";")[0].strip() != "application/problem+json":
            return {}
        try:
            members = strict_json.loads(self.body, limit=ANSWER_LIMIT)
        except BadDocument:
            return {}
        return members if isinstance(members, dict) else {}

    def date(self) -> datetime | None:
        """The server's own time, or None."""
        return _http_time(self.headers.get("date", ""))

    def retry_after(self, now: datetime) -> float | None:
        """Seconds the server asks us to wait (RFC 9110, section 10.2.3), or None."""
        text = self.headers.get("retry-after", "").strip()
        if text.isdigit() and len(text) < 10:
            return float(text)
        moment = _http_time(text)
        return None if moment is None else max(0.0, (moment - now).total_seconds())


class Transport(Protocol):
    """Where requests go: the seam for tests."""

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One request. Raises ``CannotFinish`` if no answer came, ``Untrusted`` if the server cannot be trusted."""
        ...


def address(text: str) -> str:
    """A server's base address, checked: https anywhere, http to a loopback address. Raises ``UsageError``."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError(f"not an address: {error}", where=text, remedy=_EXAMPLE) from error
    if parts.scheme not in ("https", "http") or not host or not text.isprintable() or " " in text:
        raise UsageError("not the address of a server", where=text, remedy=_EXAMPLE)
    if parts.username is not None or parts.query or parts.fragment or parts.path not in ("", "/") or port == 0:
        raise UsageError("an address has a scheme, a host and perhaps a port, nothing else", where=text,
                         remedy=_EXAMPLE)
    if parts.scheme == "http" and not _loopback(host):
        raise UsageError("plain http would show reports to everyone on the way", where=text,
                         remedy="use https; http is for 127.0.0.1 and ::1 alone")
    return f"{parts.scheme}://{parts.netloc}"


class HttpTransport:
    """``Transport`` over HTTP. ``ca`` is the pinned authority's file; None trusts the system's authorities."""

    def __init__(self, server: str, *, ca: Path | None = None, proxy: str = "",
                 limit: int = ANSWER_LIMIT, deadline: float = DEADLINE) -> None:
        self.server = address(server)
        self.ca = ca
        self.proxy = proxy
        self.limit = limit
        self.deadline = deadline
        self._session: requests.Session | None = None

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        import requests

        url = self.server + path
        try:
            with self._opened().post(url, data=body, headers=dict(headers), stream=True, allow_redirects=False,
                                     timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                                     verify=str(self.ca) if self.ca else True) as response:
                said = {name.lower(): value for name, value in response.headers.items()}
                answer = Answer(response.status_code, said, self._read(response))
        except requests.RequestException as error:
            raise explain(error, self.server, pinned=self.ca is not None) from error
        except OSError as error:
            raise CannotFinish(f"the pinned certificate authority cannot be read: {error.strerror or error}",
                               where=str(self.ca), remedy="enrol again with --force and a new token") from error
        if 300 <= answer.status < 400:
            raise CannotFinish(f"answered with a redirect ({answer.status}), which is never followed", where=url,
                               remedy="enrol with the address of the Hustings server itself")
        return answer

    def close(self) -> None:
        if self._session is not None:
            self._session.close()

    def _opened(self) -> requests.Session:
        if self._session is None:
            import requests

            self._session = requests.Session()
            self._session.trust_env = False
            self._session.headers["User-Agent"] = f"hustings-agent/{__version__}"
            if self.proxy:
                self._session.proxies = {"https": self.proxy, "http": self.proxy}
        return self._session

    def _read(self, response: requests.Response) -> bytes:
        end = time.monotonic() + self.deadline
        data = b""
        for part in response.iter_content(1 << 16):
            data += part
            if len(data) > self.limit:
                raise CannotFinish(f"answered with more than {self.limit} bytes", where=self.server,
                                   remedy="check that this is the address of a Hustings server")
            if time.monotonic() > end:
                raise CannotFinish(f"did not finish its answer within {self.deadline:g} s", where=self.server,
                                   remedy="check the network; what waits is kept and sent next time")
        return data


def persistently(send: Callable[[], Answer], backoff: Backoff, pause: Callable[[float], None],
                 now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Answer:
    """``send``, tried again after silence, 429 and 5xx. A short Retry-After is waited for.

    The last answer is returned whatever it says; the last silence is raised (``CannotFinish``).
    A distrusted server is not asked twice.
    """
    for attempt in range(backoff.tries):
        last = attempt + 1 == backoff.tries
        wait = backoff.wait(attempt)
        try:
            answer = send()
        except CannotFinish:
            if last:
                raise
        else:
            asked = answer.retry_after(now())
            if last or not (answer.status == 429 or answer.status >= 500) or (asked or 0.0) > backoff.cap:
                return answer
            wait = max(wait, asked or 0.0)
        pause(wait)
    raise ValueError("at least one try is needed")


def explain(error: requests.RequestException, server: str, *, pinned: bool) -> HustingsError:
    """What a failed connection means and what to do about it."""
    import requests

    text = str(error)
    if isinstance(error, requests.exceptions.SSLError):
        return _distrusted(text, server, pinned=pinned)
    if isinstance(error, requests.exceptions.ProxyError):
        return CannotFinish("the proxy cannot be used", where=server, remedy="check the proxy given at enrolment")
    if isinstance(error, requests.exceptions.Timeout):
        return CannotFinish("did not answer in time", where=server,
                            remedy="check that the server runs and that no firewall drops packets on the way")
    if "NameResolution" in text or "getaddrinfo" in text or "Name or service" in text:
        return CannotFinish("its name cannot be resolved", where=server,
                            remedy="check the name in the address and this machine's DNS")
    if "refused" in text:
        return CannotFinish("refused the connection", where=server,
                            remedy="check that the server runs (`hustings server serve`) and listens on that port")
    if "unreachable" in text.lower() or "No route" in text:
        return CannotFinish("cannot be reached", where=server, remedy="check this machine's network")
    return CannotFinish("broke off the connection", where=server,
                        remedy="check that the address is right (https or http, and the port) and the network works")


def _distrusted(text: str, server: str, *, pinned: bool) -> HustingsError:
    if "CERTIFICATE_VERIFY_FAILED" not in text and "match" not in text:
        return CannotFinish("no TLS connection could be made", where=server,
                            remedy="check that the port speaks TLS: https and http have different ones")
    if "match" in text or "Hostname" in text or "IP address mismatch" in text:
        return Untrusted("its certificate is for another name", where=server,
                         remedy="use the address the server was set up with, or add this one on the server: "
                                "`hustings server init --address`")
    if "expired" in text or "not yet valid" in text:
        return Untrusted("its certificate is not valid at this time", where=server,
                         remedy="check both machines' clocks, then renew the server's certificate")
    whom = "the pinned certificate authority" if pinned else "an authority this system trusts"
    return Untrusted(f"its certificate was not issued by {whom}", where=server,
                     remedy="someone may be in between: compare the address and the pin with the server's administrator"
                     if pinned else "give the --ca-pin that the server printed with the enrolment line")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _http_time(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_EXAMPLE = "write it as the server printed it, for example https://hustings.example.org:8443"
