"""What sshd's settings may be, what they are when nothing is stated, and what it offers by itself.

Names, kinds and compiled-in values: sshd_config(5) and servconf.c of OpenSSH. ``canonical`` writes a value
as ``sshd -T`` does (with ``prohibit-password`` for its older name), so that two spellings of one are equal.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

LISTS_OF_ALGORITHMS = ("ciphers", "macs", "kexalgorithms")
_YES_NO = frozenset({"yes", "no"})
CHOICES: dict[str, frozenset[str]] = {
    **dict.fromkeys((
        "passwordauthentication", "kbdinteractiveauthentication", "pubkeyauthentication", "permitemptypasswords",
        "x11forwarding", "x11uselocalhost", "hostbasedauthentication", "ignoreuserknownhosts", "strictmodes", "usepam",
        "allowagentforwarding", "disableforwarding", "permittty", "permituserrc", "printlastlog", "printmotd",
        "tcpkeepalive", "usedns", "gssapiauthentication", "kerberosauthentication", "exposeauthinfo",
    ), _YES_NO),
    "permitrootlogin": _YES_NO | {"prohibit-password", "forced-commands-only"},
    "ignorerhosts": _YES_NO | {"shosts-only"},
    "allowtcpforwarding": _YES_NO | {"all", "local", "remote"},
    "allowstreamlocalforwarding": _YES_NO | {"all", "local", "remote"},
    "gatewayports": _YES_NO | {"clientspecified"},
    "permittunnel": _YES_NO | {"point-to-point", "ethernet"},
    "compression": _YES_NO | {"delayed"},
    "loglevel": frozenset({"quiet", "fatal", "error", "info", "verbose", "debug", "debug1", "debug2", "debug3"}),
    "syslogfacility": frozenset({"daemon", "user", "auth", "authpriv", *(f"local{number}" for number in range(8))}),
}
COUNTS = frozenset({"maxauthtries", "maxsessions", "clientalivecountmax"})
TIMES = frozenset({"logingracetime", "clientaliveinterval"})
_WORDS = frozenset({"permituserenvironment", "banner", "authenticationmethods", "pubkeyauthoptions"})
_OTHER_NAMES = {
    "permitrootlogin": {"without-password": "prohibit-password"},
    "allowtcpforwarding": {"all": "yes"}, "allowstreamlocalforwarding": {"all": "yes"},
    "loglevel": {"debug": "debug1"},
}

DEFAULTS = {
    "permitrootlogin": "prohibit-password", "passwordauthentication": "yes", "kbdinteractiveauthentication": "yes",
    "pubkeyauthentication": "yes", "permitemptypasswords": "no", "x11forwarding": "no", "x11uselocalhost": "yes",
    "maxauthtries": "6", "maxsessions": "10", "maxstartups": "10:30:100", "logingracetime": "120",
    "clientaliveinterval": "0", "clientalivecountmax": "3", "hostbasedauthentication": "no",
    "ignoreuserknownhosts": "no", "permituserenvironment": "no", "loglevel": "info", "syslogfacility": "auth",
    "banner": "none", "ignorerhosts": "yes", "usepam": "no", "allowtcpforwarding": "yes",
    "allowstreamlocalforwarding": "yes", "allowagentforwarding": "yes", "gatewayports": "no", "permittunnel": "no",
    "disableforwarding": "no", "strictmodes": "yes", "authenticationmethods": "any", "pubkeyauthoptions": "none",
    "gssapiauthentication": "no", "kerberosauthentication": "no", "compression": "delayed", "rekeylimit": "0 0",
    "printlastlog": "yes", "printmotd": "yes", "permittty": "yes", "permituserrc": "yes", "tcpkeepalive": "yes",
    "usedns": "no", "exposeauthinfo": "no", "forcecommand": "none", "chrootdirectory": "none",
    "authorizedkeyscommand": "none",
}
"""Compiled-in values of OpenSSH 7.4 and later, where no distribution changes them."""
DEFAULTS_SINCE = (7, 4)
REMOVED = {
    "protocol": (7, 4), "rhostsrsaauthentication": (7, 4), "rsaauthentication": (7, 4), "serverkeybits": (7, 4),
    "keyregenerationinterval": (7, 4), "uselogin": (7, 4), "useprivilegeseparation": (7, 5),
}
"""Settings that sshd only takes note of, and since which version."""

_CIPHERS = ("chacha20-poly1305@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr", "aes128-gcm@openssh.com",
            "aes256-gcm@openssh.com")
_MACS = ("umac-64-etm@openssh.com", "umac-128-etm@openssh.com", "hmac-sha2-256-etm@openssh.com",
         "hmac-sha2-512-etm@openssh.com", "hmac-sha1-etm@openssh.com", "umac-64@openssh.com", "umac-128@openssh.com",
         "hmac-sha2-256", "hmac-sha2-512", "hmac-sha1")
_CURVES = ("curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256", "ecdh-sha2-nistp384",
           "ecdh-sha2-nistp521")
_KEX = (*_CURVES, "diffie-hellman-group-exchange-sha256", "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512", "diffie-hellman-group14-sha256")
_SNTRUP = "sntrup761x25519-sha512"
ALGORITHMS: tuple[tuple[tuple[int, int], tuple[int, int], dict[str, tuple[str, ...]]], ...] = (
    ((8, 2), (8, 9), {"ciphers": _CIPHERS, "macs": _MACS, "kexalgorithms": _KEX}),
    ((9, 0), (9, 8), {"ciphers": _CIPHERS, "macs": _MACS, "kexalgorithms": (f"{_SNTRUP}@openssh.com", *_KEX)}),
    ((9, 9), (9, 9), {"ciphers": _CIPHERS, "macs": _MACS, "kexalgorithms": (
        _SNTRUP, f"{_SNTRUP}@openssh.com", "mlkem768x25519-sha256", *_KEX)}),
    ((10, 0), (10, 0), {
        "ciphers": (_CIPHERS[0], *_CIPHERS[4:], *_CIPHERS[1:4]), "macs": _MACS,
        "kexalgorithms": ("mlkem768x25519-sha256", _SNTRUP, f"{_SNTRUP}@openssh.com", *_CURVES)}),
)
"""Compiled-in algorithm lists by first and last version. Versions outside are not guessed."""


def compiled_in(keyword: str, version: tuple[int, int] | None, family: frozenset[str]) -> str | None:
    """What an sshd of this version does when nothing is stated; None where that is not known.

    ``family`` is the distribution's ID and ID_LIKE: SUSE's build lets root in by itself, as did Red Hat's
    before 8.0, so that without a name that value is not known.
    """
    if version is None or version < DEFAULTS_SINCE:
        return None
    if keyword == "permitrootlogin" and not family:
        return None
    if keyword == "permitrootlogin" and any(one.startswith(("suse", "sles", "opensuse")) for one in family):
        return None
    if keyword == "permitrootlogin" and family & {"rhel", "centos", "fedora"} and version < (8, 0):
        return None
    return DEFAULTS.get(keyword)


def canonical(keyword: str, value: str) -> str:
    """``value`` as the daemon understands it. Raises ``ValueError`` for one that it refuses."""
    lowered = value.lower()
    if keyword in CHOICES:
        lowered = _OTHER_NAMES.get(keyword, {}).get(lowered, lowered)
        if lowered not in CHOICES[keyword]:
            raise ValueError(f"{value!r} is none of {', '.join(sorted(CHOICES[keyword]))}")
        return "delayed" if (keyword, lowered) == ("compression", "yes") else lowered
    if keyword in COUNTS:
        if not value.isascii() or not value.isdigit():
            raise ValueError(f"{value!r} is no number")
        return str(int(value))
    if keyword in TIMES:
        return str(seconds(value))
    if keyword == "maxstartups":
        return _startups(value)
    if keyword == "rekeylimit":
        return _rekeying(lowered)
    return lowered if keyword in _WORDS and "/" not in value else value


def number(keyword: str, value: str) -> int | None:
    """The number in a canonical value: a count, seconds, or the first of several; None where there is none."""
    first = re.match(r"\d+", value) if keyword in COUNTS | TIMES | {"maxstartups", "rekeylimit"} else None
    return int(first[0]) if first else None


def _startups(value: str) -> str:
    """``start:rate:full``; a lone number is where everything is refused (servconf.c)."""
    parts = value.split(":")
    if not all(part.isascii() and part.isdigit() for part in parts) or len(parts) not in (1, 3):
        raise ValueError(f"{value!r} is not start:rate:full")
    start, rate, full = map(int, parts) if len(parts) == 3 else (int(value), 30, int(value))
    if start > full or not 1 <= rate <= 100 or start < 1:
        raise ValueError(f"{value!r} is not a start, a rate in per cent and a larger full")
    return f"{start}:{rate}:{full}"


def _rekeying(value: str) -> str:
    """Bytes and seconds, 0 for the cipher's own limit and for none (``RekeyLimit``)."""
    words = value.split()
    size = re.fullmatch(r"(\d+)([kmg]?)", words[0]) if words else None
    if len(words) not in (1, 2) or not (size or words[0] == "default"):
        raise ValueError(f"{value!r} is not a size and a time")
    length = int(size[1]) << {"": 0, "k": 10, "m": 20, "g": 30}[size[2]] if size else 0
    return f"{length} {seconds(words[1]) if len(words) == 2 and words[1] != 'none' else 0}"


def seconds(text: str) -> int:
    """A time of sshd_config(5): ``120``, ``2m``, ``1h30m``. Raises ``ValueError``."""
    units = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
    parts = re.findall(r"(\d+)([smhdw]?)", text.lower())
    if not parts or "".join(number + unit for number, unit in parts) != text.lower():
        raise ValueError(f"{text!r} is not a time")
    return sum(int(number) * units[unit] for number, unit in parts)


def algorithms(keyword: str, value: str | None, version: tuple[int, int] | None) -> list[str] | None:
    """The list in force for ``Ciphers``, ``MACs`` or ``KexAlgorithms``; None if it builds on a compiled-in
    list that is not known for this version. ``+`` adds, ``-`` takes away (wildcards), ``^`` puts first."""
    if value is not None and value[:1] not in "+-^":
        return value.split(",")
    compiled = next((lists[keyword] for first, last, lists in ALGORITHMS if version and first <= version <= last), None)
    if compiled is None or value is None:
        return None if compiled is None else list(compiled)
    named = value[1:].split(",")
    if value[0] == "+":
        return [*compiled, *(one for one in named if one not in compiled)]
    if value[0] == "^":
        return [*named, *(one for one in compiled if one not in named)]
    return [one for one in compiled if not any(fnmatchcase(one, pattern) for pattern in named)]


def version_of(program: bytes) -> tuple[int, int] | None:
    """The OpenSSH version written into the daemon's program file."""
    found = re.search(rb"OpenSSH_(\d+)\.(\d+)", program)
    return (int(found[1]), int(found[2])) if found else None
