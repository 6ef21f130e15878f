"""What ``machine.yaml`` may say of tenants, domains and who is asked about them, checked entry by entry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import SplitResult, urlsplit

from agent.domain_names import is_selector
from collectors import _trust_anchors
from collectors.dns_door import address_of
from collectors.host.protocol import LookError
from hustings.declared import TENANTS, Declared, Domain, Tenant
from hustings.errors import ConfigError
from hustings.yaml_source import Path, Source

Fault = tuple[Path, str, str]
"""Where below the entry, what is wrong, and what to do."""
CLOUDS = ("us-government", "us-government-dod", "china")
SHARE = ("accounts", "objects")
NO_SITE = "none"
_ENTRA, _GOOGLE, _LDAP = ("entra",), ("google",), ("active-directory", "ldap")
ONLY = {
    "id": _ENTRA + _GOOGLE, "client_id": _ENTRA, "certificate_file": _ENTRA, "secret_file": _ENTRA,
    "token_cache": _ENTRA, "cloud": _ENTRA, "trusted_locations": _ENTRA, "accept_managed_devices": _ENTRA,
    "registration_apps": _ENTRA, "per_user_mfa": _ENTRA, "accepted_applications": _ENTRA + _GOOGLE,
    "mail_rules": _ENTRA + _GOOGLE, "may_skip_mfa": _ENTRA + _GOOGLE, "key_file": _GOOGLE, "administrator": _GOOGLE,
    "bind": _LDAP, "password_file": _LDAP, "base": _LDAP, "admin_groups": _LDAP, "password_policy": ("ldap",),
}
"""Keys of a tenant that not every kind has, and the kinds that do."""
_CREDENTIALS = ("certificate_file", "secret_file", "token_cache")
_FILES = (*_CREDENTIALS, "key_file", "password_file", "tls_ca")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_CUSTOMER = re.compile(r"C[0-9A-Za-z]{4,}\Z")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)\Z", re.IGNORECASE)


def check(declared: Declared, source: Source) -> None:
    """Raise ``ConfigError`` for the first fault, with its line."""
    for index, tenant in enumerate(declared.tenants):
        written = set(source.value["tenants"][index])
        _first(_tenant(tenant, written), source, ("tenants", index))
    names = [_folded(one.name) for one in declared.domains]
    for index, domain in enumerate(declared.domains):
        _first(_domain(domain, names, index), source, ("domains", index))
    _first(_beside(declared), source, ())


def _first(faults: Iterator[Fault], source: Source, above: Path) -> None:
    for place, what, remedy in faults:
        raise ConfigError(what, where=source.where((*above, *place)), remedy=remedy)


def _beside(declared: Declared) -> Iterator[Fault]:
    """Faults of what stands beside tenants and domains."""
    if declared.roster and not _absolute(declared.roster):
        yield ("roster",), *_not_absolute(declared.roster)
    for index, server in enumerate(declared.resolvers):
        try:
            address_of(server)
        except LookError as error:
            yield ("resolvers", index), error.missing.detail.removeprefix("resolvers: "), \
                "write 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53"
    for index, anchor in enumerate(declared.trust_anchors):
        try:
            _trust_anchors.parse(anchor)
        except LookError as error:
            yield ("trust_anchors", index), error.missing.detail.removeprefix("trust_anchors: "), \
                "write the zone's DS record: corp.example 12345 13 2 and the digest"


def _tenant(one: Tenant, written: set[str]) -> Iterator[Fault]:
    if one.kind not in TENANTS:
        yield ("kind",), f"no directory of kind {one.kind!r} is read", "use " + ", ".join(TENANTS)
        return
    for key in sorted(written & set(ONLY)):
        if one.kind not in ONLY[key]:
            yield (key,), f"{key} belongs to {_or(ONLY[key])}, not to {one.kind}", f"remove {key}"
    yield from {"entra": _entra, "google": _google}.get(one.kind, _ldap)(one)
    for key in _FILES:
        path = getattr(one, key)
        if path and not _absolute(path):
            yield (key,), *_not_absolute(path)
    yield from _said_of_accounts(one)


def _entra(one: Tenant) -> Iterator[Fault]:
    if not one.id:
        yield ("id",), "the key 'id' is missing: entra needs it", "add id: the tenant's id, or one of its domains"
    elif not (_GUID.match(one.id) or _is_domain(one.id)):
        yield ("id",), f"{one.id!r} is neither a tenant's id nor a domain", \
            "write the directory (tenant) id of the Entra admin centre, or a domain such as office.example"
    if not one.client_id:
        yield ("client_id",), "the key 'client_id' is missing: entra needs it", \
            "add client_id: the id of the application; `hustings directory setup entra` says how to register it"
    elif not _GUID.match(one.client_id):
        yield ("client_id",), f"{one.client_id!r} is no application's id", \
            "write the application (client) id: 8-4-4-4-12 hexadecimal digits"
    given = [key for key in _CREDENTIALS if getattr(one, key)]
    if len(given) != 1:
        yield (given[1] if given else "kind",), f"a tenant of kind entra needs one of {_or(_CREDENTIALS)}, and " + (
            f"{len(given)} are there" if given else "none is there"), \
            "keep the certificate where you have one" if given else \
            "add certificate_file: for runs by themselves, or token_cache: where a person signs in"
    if one.cloud and one.cloud not in CLOUDS:
        yield ("cloud",), f"there is no cloud {one.cloud!r}", \
            f"leave it out for the worldwide cloud, or use {_or(CLOUDS)}"
    yield from _rehearsal(one)
    for index, app in enumerate(one.registration_apps):
        if not _GUID.match(app):
            yield ("registration_apps", index), f"{app!r} is no application's id", \
                "write the application (client) id: 8-4-4-4-12 hexadecimal digits"
    if one.per_user_mfa < 0:
        yield ("per_user_mfa",), f"{one.per_user_mfa} is no number of accounts", "write 0 to ask for none"


def _google(one: Tenant) -> Iterator[Fault]:
    if one.id and one.id != "my_customer" and not _CUSTOMER.match(one.id):
        yield ("id",), f"{one.id!r} is no customer id", \
            "write it as the admin console shows it (C01abc2de), or leave it out"
    if not one.key_file:
        yield ("key_file",), "the key 'key_file' is missing: google needs it", \
            "add key_file: the service account's key; `hustings directory setup google` says how to make it"
    if not one.administrator:
        yield ("administrator",), "the key 'administrator' is missing: google needs it", \
            "add administrator: the address of the administrator as whom the service account asks"
    elif not _is_mail(one.administrator):
        yield ("administrator",), f"{one.administrator!r} is not a mail address", "write name@domain"
    yield from _rehearsal(one)


def _ldap(one: Tenant) -> Iterator[Fault]:
    url = _url(one.url)
    if not one.url:
        yield ("url",), f"the key 'url' is missing: {one.kind} needs it", "add url: ldaps://dc1.office.example"
    elif url is None or url.scheme not in ("ldaps", "ldap") or url.path not in ("", "/"):
        yield ("url",), f"{_quoted(one.url)} is not the address of a directory server", \
            "write ldaps://HOST, or ldap://HOST for one that speaks StartTLS"
    if bool(one.bind) != bool(one.password_file):
        missing = "password_file" if one.bind else "bind"
        yield ("bind" if one.bind else "password_file",), \
            f"the key {missing!r} is missing: the account that asks has a name and a password", f"add {missing}:"
    elif one.kind == "active-directory" and not one.bind:
        yield ("bind",), "the key 'bind' is missing: Active Directory tells nothing without an account", \
            "add bind: and password_file: of an account as `hustings directory setup active-directory` describes it"
    for key in ("base", "password_policy"):
        named = getattr(one, key)
        if named and "=" not in named:
            yield (key,), f"{named!r} is not a distinguished name", "write it whole, as in dc=office,dc=example"


def _rehearsal(one: Tenant) -> Iterator[Fault]:
    url = _url(one.url)
    if one.url and (url is None or not _safe(url)):
        yield ("url",), f"{_quoted(one.url)} is neither https nor an address of this machine", \
            "leave it out for the service itself; it is for a rehearsal"


def _said_of_accounts(one: Tenant) -> Iterator[Fault]:
    """What is declared of accounts, whatever the kind."""
    for key in ("break_glass", "trusted_locations", "high_value", "service_accounts"):
        seen: set[str] = set()
        for index, name in enumerate(getattr(one, key)):
            if not name.strip():
                yield (key, index), "an empty name", "write the account's sign-in name, or remove the line"
            if name.casefold() in seen:
                yield (key, index), f"{name!r} is there twice", "remove one"
            seen.add(name.casefold())
    for key, wanted in (("may_skip_mfa", ("who", "reason", "owner")), ("shared_accounts", ("account", "owner")),
                        ("accepted_applications", ("application", "owner"))):
        for index, entry in enumerate(getattr(one, key)):
            for part in wanted:
                if not getattr(entry, part).strip():
                    yield (key, index, part), f"{part} is empty", f"write {part}: so that somebody answers for it"
    for index, word in enumerate(one.share):
        if word not in SHARE:
            yield ("share", index), f"nothing is called {word!r} in share", "use " + _or(SHARE)


def _domain(one: Domain, names: list[str], index: int) -> Iterator[Fault]:
    if not _is_domain(one.name):
        yield ("name",), f"{one.name!r} is not a domain", \
            "write the name alone, such as votes.example: no https://, no path, no port, no address"
        return
    if _folded(one.name) in names[:index]:
        yield ("name",), f"{one.name!r} is declared twice", "remove one"
    for at, selector in enumerate(one.dkim_selectors):
        if not is_selector(selector):
            yield ("dkim_selectors", at), f"{selector!r} is not a DKIM selector", \
                "write what stands before ._domainkey: selector1, google"
    if one.dkim_selectors and not one.sends_mail:
        yield ("dkim_selectors",), "a domain that sends no mail signs none", \
            "remove dkim_selectors or sends_mail: false"
    for at, host in enumerate(one.sites):
        if host == NO_SITE and len(one.sites) == 1:
            continue
        if host == NO_SITE or not _is_domain(host):
            yield ("sites", at), f"{host!r} is not a host", "write its name alone: www.votes.example"
        elif not _belongs(host, names):
            yield ("sites", at), f"{host!r} is not of a declared domain", \
                "declare its domain under domains: nothing else is ever asked about"
    for at, address in enumerate(one.addresses):
        if not _is_mail(address):
            yield ("addresses", at), f"{address!r} is not a mail address", "write name@domain"
    for at, host in enumerate(one.outside):
        if not (_is_address(host) or (_is_domain(host) and _belongs(host, names))):
            yield ("outside", at), f"{host!r} is neither an address nor a host of a declared domain", \
                "write the office's own addresses and hosts, one a line; no ranges, no ports"
    if one.outside and not one.consent.strip():
        yield ("outside",), "ports are only tried where somebody agreed in writing", \
            "add consent: who agreed and when, or remove outside"
    url = _url(one.registration)
    if one.registration and (url is None or not _safe(url)):
        yield ("registration",), f"{_quoted(one.registration)} is not an https address", \
            "write the RDAP server of the registry, or leave it out"


def _url(text: str) -> SplitResult | None:
    """The parts of an address without user, query or fragment; None for anything else."""
    try:
        url = urlsplit(text)
        whole = url.hostname and url.port != 0 and not (url.query or url.fragment or url.username or url.password)
    except ValueError:
        return None
    return url if whole and not re.search(r"[\s\\]", text) else None


def _quoted(address: str) -> str:
    """An address for a message, without the name and the password that may stand in it."""
    scheme, slashes, rest = address.partition("//") if "//" in address else ("", "", address)
    return repr(f"{scheme}{slashes}…@{rest.rpartition('@')[2]}" if "@" in rest else address)


def _safe(url: SplitResult) -> bool:
    """Whether what is asked there cannot be read or changed on the way."""
    return url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.hostname or ""))


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_domain(text: str) -> bool:
    """Whether it is a name of at least two labels, in letters that a name may have (IDNA)."""
    name = _folded(text)
    labels = name.split(".")
    return len(labels) > 1 and len(name) <= 253 and all(map(_LABEL.match, labels)) and not labels[-1].isdigit()


def _is_mail(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return bool(at and local and not re.search(r"[\s@<>,;]", local) and _is_domain(domain))


def _belongs(host: str, names: list[str]) -> bool:
    folded = _folded(host)
    return any(folded == name or folded.endswith("." + name) for name in names)


def _folded(name: str) -> str:
    """A domain's name for comparing: ASCII, lower case. What is no name stays as it is."""
    if name.isascii():
        return name.lower()
    import idna

    try:
        return idna.encode(name, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        return name


def _absolute(path: str) -> bool:
    return PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()


def _not_absolute(path: str) -> tuple[str, str]:
    return f"{path!r} is not an absolute path", "start it with /, or with the drive on Windows"


def _or(words: tuple[str, ...]) -> str:
    return ", ".join(words[:-1]) + " or " + words[-1] if len(words) > 1 else words[0]
