"""Asking one web service, with nothing trusting about it: one origin, no redirects, verified TLS, bounded answers.

Credentials are sent to the origin that was declared and to no other. Proxies and certificate authorities of the
environment are honoured (``HTTPS_PROXY``, ``NO_PROXY``, ``REQUESTS_CA_BUNDLE``, ``SSL_CERT_FILE``), its ``.netrc``
is not; a loopback address is reached without a proxy.
"""

from __future__ import annotations

import ipaddress
import os
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from collectors.host.protocol import LookError
from hustings import __version__
from hustings.facts import Reason

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT = 10.0
LIMIT = 32 << 20
"""Bytes of one answer, unpacked."""
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


class NoAnswer(LookError):
    """No whole answer came: no connection, a reset, a body cut short, too slow. It may come another time."""

    def __init__(self, detail: str) -> None:
        super().__init__(Reason.TIMEOUT, detail)


class Untrusted(LookError):
    """The connection or the answer is not to be trusted: a certificate, another origin, a redirect."""

    def __init__(self, detail: str) -> None:
        super().__init__(Reason.ERROR, detail)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def retry_after(self, now: datetime) -> float | None:
        """Seconds the service asks us to wait, or None where it says nothing that is understood."""
        return retry_after(self.headers.get("retry-after", ""), now)


def retry_after(text: str, now: datetime) -> float | None:
    """Seconds from a Retry-After: a number, or an HTTP date (RFC 9110, section 10.2.3); None for anything else."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return max(0.0, ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds())


def origin(url: str) -> str:
    """``https://name:port`` of an address, in one spelling. Raises ``Untrusted`` for plain http to any but a
    loopback address, for credentials in it, and for what is no address of the web."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise Untrusted("not an address of the web") from error
    if parts.scheme not in ("https", "http") or not host or not url.isprintable() or " " in url or "\\" in url:
        raise Untrusted("not an address of the web")
    if parts.username is not None or parts.password is not None:
        raise Untrusted(f"an address of {host} holds credentials")
    if parts.scheme == "http" and not loopback(host):
        raise Untrusted(f"{host} is to be asked over plain http, which is for loopback addresses alone: use https")
    at = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{at}:{port or (443 if parts.scheme == 'https' else 80)}"


def loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Web:
    """A session with ``base`` (a scheme, a host, perhaps a port) and with ``also`` where the service has
    another name. Closed when it is dropped."""

    def __init__(self, base: str, *, also: tuple[str, ...] = (), tls_ca: str = "") -> None:
        self.base = base.rstrip("/")
        self.origins = frozenset(origin(one) for one in (base, *also))
        self.host = urlsplit(base).hostname or ""
        self._verify = tls_ca or next((os.environ[one] for one in _BUNDLES if os.environ.get(one)), None) or True
        self._session: requests.Session | None = None

    def ask(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None,
            timeout: float = 60.0) -> Answer:
        """One request; ``timeout`` seconds for all of it. Raises ``NoAnswer`` or ``Untrusted``; neither says
        anything of headers, bodies or the address's query."""
        import requests

        if origin(url) not in self.origins:
            raise Untrusted(f"{self.host} sent us on to {urlsplit(url).hostname}, which is never followed")
        end = time.monotonic() + timeout
        try:
            with self._opened().request(method, url, headers=dict(headers), data=body, stream=True,
                                        allow_redirects=False, verify=self._verify,
                                        proxies=self._proxies(url),
                                        timeout=(min(CONNECT_TIMEOUT, timeout), timeout)) as response:
                said = {name.lower(): value for name, value in response.headers.items()}
                answer = Answer(response.status_code, said, self._read(response, end))
        except requests.RequestException as error:
            raise self._explained(error) from None
        except OSError as error:
            raise Untrusted(f"the certificate authorities cannot be read: {error.strerror or 'not a file'}") from error
        if 300 <= answer.status < 400:
            raise Untrusted(f"{self.host} answered with a redirect ({answer.status}), which is never followed")
        return answer

    def _opened(self) -> requests.Session:
        if self._session is None:
            import requests

            self._session = requests.Session()
            weakref.finalize(self, self._session.close)
            self._session.trust_env = False
            self._session.headers["User-Agent"] = f"hustings/{__version__}"
        return self._session

    def _proxies(self, url: str) -> dict[str, str]:
        import requests

        return {} if loopback(self.host) else requests.utils.get_environ_proxies(url)

    def _read(self, response: requests.Response, end: float) -> bytes:
        """The body. It is taken as it comes: whole blocks would be waited for longer than any limit, were they
        to drip."""
        from urllib3.exceptions import HTTPError, ReadTimeoutError

        data = bytearray()
        try:
            while part := response.raw.read1(1 << 16, decode_content=True):
                data += part
                if len(data) > LIMIT:
                    raise LookError(Reason.TRUNCATED, f"{self.host} answered with more than {LIMIT >> 20} MB")
                if time.monotonic() > end:
                    raise NoAnswer(f"{self.host} did not finish its answer in time")
        except ReadTimeoutError:
            raise NoAnswer(f"{self.host} did not finish its answer in time") from None
        except HTTPError:
            raise NoAnswer(f"{self.host}: broke off the connection") from None
        return bytes(data)

    def _explained(self, error: requests.RequestException) -> LookError:
        """What a failed connection means, without quoting it: it may name what was asked for."""
        import requests

        text = str(error)
        if isinstance(error, requests.exceptions.SSLError) and "EOF" not in text:
            if "match" in text or "IP address mismatch" in text:
                why = "its certificate is for another name"
            elif "expired" in text or "not yet valid" in text:
                why = "its certificate is not valid at this time: check this machine's clock"
            elif "CERTIFICATE_VERIFY_FAILED" in text:
                why = "its certificate was not issued by an authority that is trusted here (tls_ca)"
            else:
                why = "no TLS connection could be made"
            return Untrusted(f"{self.host}: {why}")
        if isinstance(error, requests.exceptions.ProxyError):
            why = "the proxy of the environment cannot be used"
        elif isinstance(error, requests.exceptions.Timeout):
            why = "did not answer in time"
        elif "NameResolution" in text or "getaddrinfo" in text or "Name or service" in text:
            why = "its name cannot be resolved"
        elif "refused" in text:
            why = "refused the connection"
        elif "unreachable" in text.lower() or "No route" in text:
            why = "cannot be reached"
        else:
            why = "broke off the connection"
        return NoAnswer(f"{self.host}: {why}")
