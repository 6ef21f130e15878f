"""login_defs: what shadow-utils is told about new accounts and sign-ins (login.defs(5), useradd(8)).

The last line of a setting wins, as in shadow-utils.
"""

from __future__ import annotations

from collectors import _login_defs, _passwd, _shell
from collectors.base import (
    ABSENT,
    Collected,
    Collector,
    Disclosure,
    Fact,
    Listing,
    Missing,
    Platform,
    Reason,
    Type,
    gather,
)
from collectors.host.protocol import Host, read_optional
from hustings.declared import Declared

USERADD = ("/etc/default/useradd", "/usr/etc/default/useradd")
_NUMBERS = {
    "login_defs.pass_max_days": "PASS_MAX_DAYS", "login_defs.pass_min_days": "PASS_MIN_DAYS",
    "login_defs.pass_warn_age": "PASS_WARN_AGE", "login_defs.fail_delay": "FAIL_DELAY",
}
_OF_DEFS = (*_NUMBERS, "login_defs.umask", "login_defs.encrypt_method", "login_defs.contradictions")


def collect(host: Host, declared: Declared) -> Collected:
    return gather({
        _OF_DEFS: lambda: of_defs(_login_defs.text(host)),
        ("useradd.inactive_days",): lambda: {"useradd.inactive_days": _inactive(host)},
    })


def of_defs(text: str) -> Collected:
    """Every fact of login.defs. Pure."""
    said = _passwd.login_defs(text)
    found: Collected = {fact: _number(said.get(name), name) for fact, name in _NUMBERS.items()}
    mask = said.get("UMASK")
    found["login_defs.umask"] = ABSENT if mask is None else (_shell.octal(mask) or Missing(
        Reason.ERROR, f"UMASK {mask} is not an octal number"))
    found["login_defs.encrypt_method"] = said.get("ENCRYPT_METHOD", "") or ABSENT
    found["login_defs.contradictions"] = Listing(contradictions(text))
    return found


def contradictions(text: str) -> list[str]:
    """The settings that stand there more than once with different values."""
    values: dict[str, set[str]] = {}
    for line in text.split("\n"):
        for name, value in _passwd.login_defs(line).items():
            values.setdefault(name, set()).add(value)
    return sorted(name for name, said in values.items() if len(said) > 1)


def _number(text: str | None, name: str) -> object:
    if text is None:
        return ABSENT
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() else Missing(
        Reason.ERROR, f"{name} {text} is not a number")


def _inactive(host: Host) -> object:
    text = next((one for one in (read_optional(host, path) for path in USERADD) if one is not None), "")
    said = [line.partition("=")[2].strip().strip("\"'") for line in text.split("\n")
            if line.partition("=")[0].strip() == "INACTIVE"]
    found = _number(said[-1] if said else None, "INACTIVE")
    return ABSENT if isinstance(found, int) and found < 0 else found


FACTS = (
    Fact("login_defs.pass_max_days", Type.INT, "After how many days the password of a new account must be changed; "
         "99999 is never; absent: not stated", Disclosure.SHARED),
    Fact("login_defs.pass_min_days", Type.INT, "For how many days it cannot be changed again; absent: not stated",
         Disclosure.SHARED),
    Fact("login_defs.pass_warn_age", Type.INT, "How many days before its end a warning is given; absent: not stated",
         Disclosure.SHARED),
    Fact("login_defs.fail_delay", Type.INT, "How many seconds login waits after a wrong password; absent: not stated "
         "(1)", Disclosure.SHARED),
    Fact("login_defs.umask", Type.TEXT, "The permissions taken from new files and homes, as four octal digits; absent: "
         "not stated (0022)", Disclosure.SHARED),
    Fact("login_defs.encrypt_method", Type.TEXT, "How shadow-utils stores passwords: YESCRYPT, SHA512 …, as "
         "written: a name in small letters is not understood there (DES); absent: not stated (DES)", Disclosure.SHARED),
    Fact("login_defs.contradictions", Type.TEXTS, "Settings written down more than once with different values",
         Disclosure.SHARED),
    Fact("useradd.inactive_days", Type.INT, "How many days after its password's end a new account closes; absent: "
         "never", Disclosure.SHARED),
)

COLLECTOR = Collector(
    name="login_defs",
    platforms=frozenset({Platform.LINUX}),
    facts=FACTS,
    collect=collect,
    reads=(*_login_defs.READS, *USERADD),
)
