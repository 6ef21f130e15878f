"""What a registry says of a domain by RDAP (RFC 9082, 9083), and which registry to ask (RFC 9224)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from collectors._shown import shown
from collectors._web import Web
from collectors.host.protocol import LookError, Truncated, Unreadable, Unsupported
from hustings import strict_json
from hustings.errors import BadDocument
from hustings.facts import Reason

BOOTSTRAP = "https://data.iana.org/rdap/dns.json"
"""IANA's list of the registries' servers."""
LIMIT = 2 << 20
SECONDS = 20.0
ACCEPT = {"Accept": "application/rdap+json, application/json"}


class NotRegistered(LookError):
    """The registry does not know the name."""

    def __init__(self, name: str) -> None:
        super().__init__(Reason.UNSUPPORTED, f"the registry does not know {name}: it was handed out below somebody "
                         "else's domain, who can say whether it is locked and until when it holds")


@dataclass(frozen=True)
class Registration:
    """A domain as its registry shows it; empty text and None for what it does not say."""

    name: str
    status: tuple[str, ...]
    """In the words of RDAP: ``client transfer prohibited`` …"""
    registrar: str
    expires: datetime | None


def server_for(name: str) -> str:
    """The address of the registry's server, by IANA's list; raises ``LookError``."""
    return base_of(_json(Web(BOOTSTRAP), BOOTSTRAP), name)


def base_of(bootstrap: Any, name: str) -> str:
    """The server for the longest ending of a name in a bootstrap file. Pure; raises ``LookError``."""
    try:
        known = {str(ending).lower(): [str(one) for one in urls] for endings, urls in bootstrap["services"]
                 for ending in endings}
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable("the list of registries is not in the form of RFC 9224") from error
    labels = name.split(".")
    for index in range(len(labels)):
        for url in known.get(".".join(labels[index:]), []):
            if url.startswith("https://"):
                return url
    raise Unsupported(f"the registry of .{labels[-1]} shows no registrations by RDAP: look at the registrar's page")


def ask(server: str, name: str) -> Registration:
    """A domain's registration; raises ``LookError``. Plain http is for loopback addresses alone."""
    web = Web(server)
    return parse(_json(web, f"{server.rstrip('/')}/domain/{quote(name, safe='')}", name), name)


def parse(document: Any, name: str) -> Registration:
    """A registry's answer. Pure; raises ``LookError`` for what is no answer about that domain."""
    if not isinstance(document, Mapping) or document.get("objectClassName") != "domain":
        raise Unreadable("the registry's answer is not about a domain")
    said = str(document.get("ldhName", "")).rstrip(".").lower()
    if said != name:
        raise Unreadable(f"the registry's answer is about {said[:80]!r}, not about {name}")
    status = tuple(shown(_word(str(one)), 80) for one in _items(document.get("status"))[:50])
    return Registration(name, status, _registrar(_items(document.get("entities"))),
                        _expires(_items(document.get("events"))))


def _word(status: str) -> str:
    """EPP's ``clientTransferProhibited`` and RDAP's ``client transfer prohibited`` in one spelling (RFC 8056)."""
    if " " in status or status.islower():
        return status.strip().lower()
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in status).strip()


def lock_of(status: Sequence[str], name: str) -> str:
    """Who keeps the domain from being transferred: ``registry``, ``registrar``, ``single-registrar`` or ``none``."""
    if "server transfer prohibited" in status:
        return "registry"
    if {"client transfer prohibited", "transfer prohibited", "locked"} & set(status):
        return "registrar"
    return "single-registrar" if name.endswith(".gov") else "none"


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _expires(events: Sequence[Any]) -> datetime | None:
    found = []
    for one in events:
        if isinstance(one, Mapping) and one.get("eventAction") in ("expiration", "registrar expiration"):
            try:
                moment = datetime.fromisoformat(str(one.get("eventDate")))
            except ValueError as error:
                raise Unreadable("the registry gives a day of expiry that is no date") from error
            found.append((one["eventAction"] != "expiration", moment if moment.tzinfo else moment.replace(tzinfo=UTC)))
    return min(found)[1] if found else None


def _registrar(entities: Sequence[Any]) -> str:
    for one in entities:
        if isinstance(one, Mapping) and "registrar" in _items(one.get("roles")):
            card = _items(one.get("vcardArray"))
            for line in _items(card[1]) if len(card) > 1 else []:
                if isinstance(line, list) and len(line) > 3 and line[0] == "fn":
                    return shown(str(line[3]), 200)
            return shown(str(one.get("handle", "")), 200)
    return ""


def _json(web: Web, url: str, name: str = "") -> Any:
    answer = web.ask("GET", url, headers=ACCEPT, timeout=SECONDS)
    if answer.status == 404 and name:
        raise NotRegistered(name)
    if answer.status == 429:
        raise LookError(Reason.TIMEOUT, f"{web.host} asks to be asked later")
    if answer.status in (401, 403):
        raise LookError(Reason.DENIED, f"{web.host} refuses to answer ({answer.status})")
    if answer.status != 200:
        raise Unreadable(f"{web.host} answers {answer.status}")
    if len(answer.body) > LIMIT:
        raise Truncated(f"{web.host} answers with more than {LIMIT} bytes")
    try:
        return strict_json.loads(answer.body, limit=LIMIT)
    except BadDocument as error:
        raise Unreadable(f"{web.host} answers with what is no JSON: {error.what}"[:200]) from error


