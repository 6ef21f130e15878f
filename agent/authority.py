"""The pinned certificate authority: fetched once, compared with its pin before anything secret is sent."""

from __future__ import annotations

import hashlib
import re
import ssl
from http.client import HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from agent.transport import CONNECT_TIMEOUT
from hustings.errors import CannotFinish, Untrusted, UsageError

PATH = "/v1/enrollments/ca"
LIMIT = 64 << 10


def parse_pin(text: str) -> str:
    """A pin in its one form, ``sha256:`` and 64 hex digits. Raises ``UsageError``."""
    pin = text.strip().lower()
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", pin):
        raise UsageError("not a pin", where="--ca-pin",
                         remedy="copy it whole from the enrolment line: sha256: and 64 hexadecimal digits")
    return pin


def fetch(server: str, pin: str) -> str:
    """The authority of ``server`` as PEM, once its SHA-256 (of the DER form) is ``pin``.

    The connection proves nothing and carries nothing; the comparison is the proof.
    Raises ``CannotFinish`` or ``Untrusted``.
    """
    body = _get(server)
    try:
        der = ssl.PEM_cert_to_DER_cert(body.decode("ascii").strip())
    except (ValueError, UnicodeDecodeError) as error:
        raise CannotFinish("did not answer with a certificate", where=server + PATH,
                           remedy="check that this is the address of a Hustings server with TLS") from error
    found = "sha256:" + hashlib.sha256(der).hexdigest()
    if found != pin:
        raise Untrusted(f"its certificate authority has the pin {found}, not the expected {pin}", where=server,
                        remedy="nothing was sent; compare the pin with the server's administrator before going on")
    return ssl.DER_cert_to_PEM_cert(der)


def _get(server: str) -> bytes:
    parts = urlsplit(server)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = HTTPSConnection(parts.hostname or "", parts.port or 443, timeout=CONNECT_TIMEOUT, context=context)
    try:
        connection.request("GET", PATH, headers={"Host": parts.netloc, "Accept": "application/x-pem-file"})
        response = connection.getresponse()
        if response.status != 200:
            raise CannotFinish(f"has no certificate authority to compare (it answered {response.status})",
                               where=server + PATH, remedy="check the address; the server must run with its own TLS")
        return response.read(LIMIT)
    except (OSError, HTTPException) as error:
        raise CannotFinish(f"cannot be reached: {error}", where=server,
                           remedy="check the address, and that the server runs and speaks TLS there") from error
    finally:
        connection.close()
