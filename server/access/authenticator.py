"""Codes of an authenticator application: TOTP with SHA-1, six digits, thirty seconds (RFC 6238), and its QR picture."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp
import segno

STEP = 30
DIGITS = 6
_EITHER_SIDE = 1
"""Steps that a clock may be off, before and after."""


def fresh() -> str:
    """A new secret: 160 random bits in base 32."""
    return pyotp.random_base32(32)


def address(secret: str, person: str, issuer: str) -> str:
    """The ``otpauth:`` address that an application reads."""
    return str(pyotp.TOTP(secret, digits=DIGITS, interval=STEP).provisioning_uri(name=person, issuer_name=issuer))


def picture(address: str) -> str:
    """The address as a QR picture: SVG that stands within a page, black on white in the dark too. It has no name."""
    drawn = str(segno.make(address, error="m", micro=False).svg_inline(
        omitsize=True, light="#fff", svgclass="qr", lineclass=None))
    return drawn.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)  # what is around it has the name


def step(secret: str, code: str, now: datetime) -> int | None:
    """The step of which a code is, if it is of this one or one beside it. Spaces in it do not count."""
    plain = "".join(code.split())
    if len(plain) != DIGITS or not plain.isascii() or not plain.isdigit():
        return None
    made = pyotp.TOTP(secret, digits=DIGITS, interval=STEP)
    current = int(now.timestamp()) // STEP
    found = None
    for one in range(current - _EITHER_SIDE, current + _EITHER_SIDE + 1):
        if hmac.compare_digest(made.generate_otp(one), plain):
            found = one
    return found
