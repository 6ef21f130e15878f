"""sign_in_policy: what happens to those who sign in with a password, right or wrong.

Each way of signing in has a PAM stack of its own, walked with everything it includes. A module that the
stack does not heed counts for nothing; its arguments win over its configuration file. Sources:
pam_faillock(8), faillock.conf(5), pam_faildelay(8), pam_unix(8), pam_securetty(8), login.defs(5), limits.conf(5).
"""

from __future__ import annotations

from collectors import _faillock, _login_defs, _pam, _pam_walk, _passwd
from collectors.base import (
    ABSENT,
    Collected,
    Collector,
    Disclosure,
    Fact,
    Field,
    Listing,
    Missing,
    Platform,
    Reason,
    Type,
    gather,
)
from collectors.host.protocol import Host, LookError, NotThere, Unreadable, list_optional, read_optional
from collectors.password_policy import MODULES, stack
from hustings.declared import Declared

SERVICES = ("login", "sshd", "gdm-password", "lightdm", "sddm", "xrdp-sesman", "cockpit")
"""PAM services through which people sign in with a password."""
SECOND_FACTORS = ("pam_google_authenticator", "pam_oath", "pam_duo", "pam_u2f", "pam_yubico", "pam_pkcs11",
                  "pam_radius_auth", "pam_privacyidea", "pam_otpw", "pam_rsa", "pam_securid")
"""Modules that ask for something else than a password."""
SECURETTY = "/etc/securetty"
LIMITS = "/etc/security/limits.conf"
_OF_SERVICES = ("lockout.services", "password.empty_accepted", "signin.second_factors", "password.nullok_lines")


def collect(host: Host, declared: Declared) -> Collected:
    return gather({
        _OF_SERVICES: lambda: _services(host),
        ("signin.delay", "signin.delayed", "signin.pam_delay"): lambda: _delay(host),
        ("signin.shows_failures",): lambda: {"signin.shows_failures": _shows_failures(host)},
        ("root.terminals", "root.terminals_heeded"): lambda: _terminals(host),
        ("signin.limits",): lambda: _limits(host),
    })


def _services(host: Host) -> Collected:
    conf = read_optional(host, _faillock.CONF)
    closing, factors, lines, why = [], [], [], None
    accepted = False
    for service in SERVICES:
        try:
            entries = stack(host, service)
        except NotThere as error:
            if error.what != f"{_pam.PLACES[0]}/{service}":
                why = error.missing
            continue
        except LookError as error:
            why = error.missing
            continue
        asked = [one for one in entries if one.kind == "auth"]
        closing.append({"service": service, **_faillock.lockout(asked, conf, _kind(entries, "account"))})
        factors += second_factors(service, asked)
        accepted = accepted or any(_nullok(one) for one in asked)
        lines += [f"{one.file}:{one.line}" for one in entries if _nullok(one)]
    return {
        "lockout.services": Listing(closing, why is None, why),
        "signin.second_factors": Listing(factors, why is None, why),
        "password.nullok_lines": Listing(sorted(set(lines)), why is None, why),
        "password.empty_accepted": why if why and not accepted else accepted,
    }


def _kind(entries: list[_pam.Entry], kind: str) -> list[_pam.Entry]:
    return [one for one in entries if one.kind == kind]


def _nullok(entry: _pam.Entry) -> bool:
    return entry.module == "pam_unix" and bool({"nullok", "nullok_secure"} & set(entry.arguments))


def second_factors(service: str, asked: list[_pam.Entry]) -> list[dict[str, object]]:
    """What a service asks for beside the password, and whether nobody gets in without it. Pure.

    ``nullok`` lets in whoever has not set the factor up.
    """
    return [{"service": service, "module": one.module,
             "enforced": "nullok" not in one.arguments and _pam_walk.guards(asked, [index])}
            for index, one in enumerate(asked) if one.module in SECOND_FACTORS]


def _delay(host: Host) -> Collected:
    """At the console: the longest of pam_faildelay's and login's own (FAIL_DELAY, 1 s where it is not stated)."""
    said = _passwd.login_defs(_login_defs.text(host)).get("FAIL_DELAY", "1")
    try:
        entries = _kind(stack(host, "login"), "auth")
    except NotThere as error:
        if error.what == f"{_pam.PLACES[0]}/login":
            return {"signin.delay": ABSENT, "signin.delayed": False, "signin.pam_delay": ABSENT}
        raise
    if not said.isdigit():
        raise Unreadable(f"FAIL_DELAY {said} is not a number of seconds")
    longest = int(said) * 1_000_000
    found: list[int] = []
    for one in entries:
        if one.module == "pam_faildelay":
            delay = one.value("delay") or str(int(said) * 1_000_000)
            if not delay.isdigit():
                raise Unreadable(f"{one.file}:{one.line}: delay={delay} is not a number of microseconds")
            found.append(int(delay))
    longest = max(longest, *found) if found else longest
    return {"signin.delay": longest // 1_000_000, "signin.delayed": longest > 0,
            "signin.pam_delay": max(found) if found else ABSENT}


def _shows_failures(host: Host) -> object:
    try:
        entries = _kind(stack(host, "login"), "session")
    except NotThere as error:
        if error.what == f"{_pam.PLACES[0]}/login":
            return ABSENT
        raise
    return any(one.module == "pam_lastlog" and "showfailed" in one.arguments and "silent" not in one.arguments
               and _pam_walk.guards(entries, [index]) for index, one in enumerate(entries))


def _terminals(host: Host) -> Collected:
    text = read_optional(host, SECURETTY)
    try:
        entries = _kind(stack(host, "login"), "auth")
        heeded = any(one.module == "pam_securetty" and _pam_walk.guards(entries, [index])
                     for index, one in enumerate(entries))
    except NotThere as error:
        if error.what != f"{_pam.PLACES[0]}/login":
            raise
        heeded = False
    listed = [line.partition("#")[0].strip() for line in (text or "").splitlines()]
    return {"root.terminals": ABSENT if text is None else Listing([one for one in listed if one]),
            "root.terminals_heeded": heeded}


def _limits(host: Host) -> Collected:
    """pam_limits reads limits.conf and then limits.d in byte order; what comes later for the same people wins."""
    files = [LIMITS, *(f"/etc/security/limits.d/{name}" for name in list_optional(host, "/etc/security/limits.d")
                       if name.endswith(".conf"))]
    found: dict[tuple[str, str, str], dict[str, object]] = {}
    for path in files:
        for number, line in enumerate((read_optional(host, path) or "").splitlines(), 1):
            words = line.partition("#")[0].split()
            if len(words) == 4:
                for kind in ("soft", "hard") if words[1] == "-" else (words[1],):
                    found[words[0], kind, words[2]] = _limit(words, kind, f"{path}:{number}")
    return {"signin.limits": Listing(list(found.values()))}


def _limit(words: list[str], kind: str, source: str) -> dict[str, object]:
    record: dict[str, object] = {"who": words[0], "kind": kind, "item": words[2], "source": source}
    text = words[3].lower()
    if text in ("unlimited", "infinity", "-1"):
        return record
    number = text.lstrip("-")
    record["value"] = int(text) if number.isdigit() else Missing(Reason.ERROR, f"{source}: {text} is not a number")
    return record


FACTS = (
    Fact("password.empty_accepted", Type.BOOL, "Whether PAM lets in an account whose password is empty",
         Disclosure.SHARED),
    Fact("password.nullok_lines", Type.TEXTS, "Every PAM line of these services that accepts an empty password, to "
         "sign in or to set another", Disclosure.SHARED),
    Fact("lockout.services", Type.RECORDS, "What each way of signing in does after wrong passwords",
         Disclosure.SHARED, fields=(
             Field("service", Type.TEXT, "The PAM service: login, sshd, gdm-password …"),
             Field("enforced", Type.BOOL, "Whether the account is closed after too many"),
             Field("module", Type.TEXT, "The module that does it; absent: none"),
             Field("every_call", Type.BOOL, "Whether pam_faillock is called at each of its places: before the "
                   "password, after a wrong one, after a right one, and for the account"),
             Field("deny", Type.INT, "After how many; absent: never"),
             Field("deny_once", Type.BOOL, "Whether that number is written down, and in one place alone"),
             Field("unlock_after", Type.DURATION, "When it opens again by itself; absent: never"),
             Field("unlock_once", Type.BOOL, "Whether that is written down, and in one place alone"),
             Field("within", Type.DURATION, "Within what time wrong passwords add up"),
             Field("within_once", Type.BOOL, "Whether that is written down, and in one place alone"),
             Field("root_too", Type.BOOL, "Whether root's account is closed as well"),
             Field("root_unlock_after", Type.DURATION, "When root's opens again; absent: never"),
             Field("root_unlock_once", Type.BOOL, "Whether that is written down, and in one place alone"),
             Field("logs_names", Type.BOOL, "Whether names of no account are logged too (audit)"),
             Field("silent", Type.BOOL, "Whether nothing is said about it to whoever tries"),
             Field("directory", Type.TEXT, "Where wrong passwords are counted"),
         )),
    Fact("signin.second_factors", Type.RECORDS, "What each way of signing in asks for beside the password",
         Disclosure.SHARED, fields=(
             Field("service", Type.TEXT, "The PAM service"),
             Field("module", Type.TEXT, "The module that asks"),
             Field("enforced", Type.BOOL, "Whether nobody gets in without it"),
         )),
    Fact("signin.delay", Type.DURATION, "How long the console waits after a wrong password; absent: nobody signs in at "
         "one", Disclosure.SHARED),
    Fact("signin.delayed", Type.BOOL, "Whether it waits at all", Disclosure.SHARED),
    Fact("signin.pam_delay", Type.INT, "The longest wait that pam_faildelay asks for; absent: it is not in the "
         "console's stack", Disclosure.SHARED, unit="microseconds"),
    Fact("signin.shows_failures", Type.BOOL, "Whether the console tells people of failed attempts on their account; "
         "absent: nobody signs in at one", Disclosure.SHARED),
    Fact("signin.limits", Type.RECORDS, "What pam_limits allows a session, the entry that wins for each",
         Disclosure.COUNTED, fields=(
             Field("who", Type.TEXT, "A user, @group, %group or * for everybody"),
             Field("kind", Type.TEXT, "soft or hard"),
             Field("item", Type.TEXT, "maxlogins, core, nproc …"),
             Field("value", Type.INT, "The limit; absent: unlimited"),
             Field("source", Type.TEXT, "The file and line"),
         )),
    Fact("root.terminals", Type.TEXTS, "The terminals where root may sign in (securetty); absent: there is no such "
         "file", Disclosure.SHARED),
    Fact("root.terminals_heeded", Type.BOOL, "Whether the console asks pam_securetty at all", Disclosure.SHARED),
)

COLLECTOR = Collector(
    name="sign_in_policy",
    platforms=frozenset({Platform.LINUX}),
    facts=FACTS,
    collect=collect,
    stats=tuple(f"{place}/*.so" for place in MODULES),
    reads=(*(f"{place}/" for place in _pam.PLACES), _faillock.CONF, SECURETTY, LIMITS, "/etc/security/limits.d/",
           *_login_defs.READS),
    needs="reading /etc/pam.d",
)
