"""DANE for mail hosts: whether what a host shows is what its domain publishes under DNSSEC (RFC 7672)."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any

from collectors._certificate import matches, parse, tlsa
from collectors._connection import Deadline, Dropped
from collectors._tls_probe import Open, Shown, shake
from collectors.dns_door import Answer
from hustings.facts import Missing, Reason

ISSUER, LEAF = 2, 3


def judged(answer: Answer) -> str | Missing | None:
    """What the TLSA records alone say: none, unsigned (then nobody heeds them), unusable; None where the certificate
    decides."""
    if answer.absent:
        return "none"
    if answer.missing is not None:
        return answer.missing
    if not answer.authentic:
        return "unsigned"
    return None if usable(answer.rdatas) else "unusable"


def usable(records: Iterable[Any]) -> list[Any]:
    """Those that mail servers heed: usages 2 and 3 (RFC 7672, 3.1)."""
    return [one for one in records if one.usage in (ISSUER, LEAF) and one.selector in (0, 1) and one.mtype in (0, 1, 2)]


def compare(records: Iterable[Any], shown: Shown, names: tuple[str, ...], open_: Open, deadline: Deadline,
            where: str) -> str | Missing:
    """``matches`` or ``mismatch``. ``names`` are those that a certificate below a published issuer must bear one of."""
    heeded = usable(records)
    for one in heeded:
        if one.usage == LEAF and tlsa(shown.certificate, one.selector, one.mtype) == one.cert:
            return "matches"
    issuers = [one for one in heeded if one.usage == ISSUER]
    if not issuers:
        return "mismatch"
    if shown.chain is None:
        return Missing(Reason.UNSUPPORTED, "this Python does not say which certificates were sent: use 3.13 or later")
    if not any(matches(shown.certificate.names, name) for name in names):
        return "mismatch"
    for der in shown.chain[1:]:
        certificate = parse(der)
        if any(tlsa(certificate, one.selector, one.mtype) == one.cert for one in issuers):
            return "matches" if _leads_to(der, open_, names[0], deadline, where) else "mismatch"
    return "mismatch"


def _leads_to(issuer: bytes, open_: Open, host: str, deadline: Deadline, where: str) -> bool:
    """Whether the chain sent holds, with that certificate as the one that is trusted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=issuer)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    try:
        shake(open_(), context, host, deadline, where).close()
    except (ssl.SSLError, Dropped):
        return False
    return True
