"""password_policy: what the machine demands of passwords, and what it does about wrong ones.

PAM decides, so its stacks are read with everything they include; a module's arguments win over its
configuration file. Sources: pam_unix(8), pam_pwquality(8), pwquality.conf(5), pam_faillock(8),
faillock.conf(5), pam_pwhistory(8), login.defs(5).
"""

from __future__ import annotations

from collectors import _pam, _passwd
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
from hustings.declared import Declared

QUALITY = "/etc/security/pwquality.conf"
FAILLOCK = "/etc/security/faillock.conf"
SIGN_IN_SERVICES = ("login", "sshd", "gdm-password", "lightdm", "sddm", "xrdp-sesman", "cockpit")
"""PAM services through which people sign in with a password."""
PWQUALITY_MINLEN, PWQUALITY_FLOOR = 8, 6
CREDITS = ("dcredit", "ucredit", "lcredit", "ocredit")
FAILLOCK_DENY, FAILLOCK_UNLOCK = 3, 600
PWHISTORY_REMEMBER = 10
_HASHES = {"yescrypt": "yescrypt", "gost_yescrypt": "gost-yescrypt", "blowfish": "bcrypt", "sha512": "sha512crypt",
           "sha256": "sha256crypt", "md5": "md5crypt", "bigcrypt": "bigcrypt"}
_LOGIN_DEFS = {"YESCRYPT": "yescrypt", "GOST_YESCRYPT": "gost-yescrypt", "BCRYPT": "bcrypt", "BLOWFISH": "bcrypt",
               "SHA512": "sha512crypt", "SHA256": "sha256crypt", "MD5": "md5crypt", "DES": "descrypt"}


def collect(host: Host, declared: Declared) -> Collected:
    return gather({
        ("password.min_length", "password.quality_module", "password.new_hash", "password.remembered"):
            lambda: _changing(host),
        ("password.empty_accepted", "lockout.services"): lambda: _signing_in(host),
        ("password.max_age",): lambda: {"password.max_age": max_age(_defs(host))},
    })


def _defs(host: Host) -> dict[str, str]:
    return _passwd.login_defs(_text(host))


def _text(host: Host) -> str:
    return read_optional(host, "/etc/login.defs") or ""


def _stack(host: Host, service: str) -> list[_pam.Entry]:
    try:
        return _pam.stack(host.read, service)
    except _pam.StackFault as fault:
        raise Unreadable(str(fault)) from fault


def _changing(host: Host) -> Collected:
    entries = [one for one in _stack(host, "passwd") if one.kind == "password"]
    texts = [host.read(f"{QUALITY}.d/{name}") for name in list_optional(host, f"{QUALITY}.d") if name.endswith(".conf")]
    settings: dict[str, str] = {}
    for text in [*texts, read_optional(host, QUALITY) or ""]:
        settings |= key_values(text)
    return {**length(entries, settings), "password.new_hash": new_hash(entries, _passwd.login_defs_of_pam(_text(host))),
            "password.remembered": remembered(entries)}


def length(entries: list[_pam.Entry], settings: dict[str, str]) -> Collected:
    """The shortest new password that is accepted, and the module that sees to it. Pure.

    Positive credits of pwquality shorten the length asked for (pam_pwquality(8)), so they are taken off.
    """
    quality = next((one for one in entries if one.module in ("pam_pwquality", "pam_cracklib") and one.enforced), None)
    if quality and settings.get("enforcing", "1") == "0" and quality.module == "pam_pwquality":
        quality = None
    if quality:
        own = settings if quality.module == "pam_pwquality" else {}
        try:
            minlen = int(quality.value("minlen") or own.get("minlen", str(PWQUALITY_MINLEN)))
            credits = [int(quality.value(name) or own.get(name, "0")) for name in CREDITS]
        except ValueError:
            missing = Missing(Reason.ERROR, f"{quality.file}:{quality.line} or {QUALITY}: a length is not a number")
            return {"password.min_length": missing, "password.quality_module": quality.module}
        asked = max(minlen, PWQUALITY_FLOOR) - sum(one for one in credits if one > 0)
        return {"password.min_length": asked, "password.quality_module": quality.module}
    other = next((one for one in entries if one.module in ("pam_passwdqc", "pam_pwcheck") and one.enforced), None)
    if other:
        missing = Missing(Reason.UNSUPPORTED, f"the rules of {other.module} are not read")
        return {"password.min_length": missing, "password.quality_module": other.module}
    unix = next((one for one in entries if one.module == "pam_unix"), None)
    stated = unix.value("minlen") if unix else None
    found = int(stated) if stated and stated.isdigit() else ABSENT
    return {"password.min_length": found, "password.quality_module": ABSENT}


def new_hash(entries: list[_pam.Entry], defs: dict[str, str]) -> object:
    """The method new passwords are stored with: pam_unix's argument, else ENCRYPT_METHOD. Pure."""
    unix = next((one for one in entries if one.module == "pam_unix"), None)
    if unix is None:
        return ABSENT
    named = [_HASHES[one] for one in unix.arguments if one in _HASHES]
    if named:
        return named[-1]
    method = defs.get("ENCRYPT_METHOD", "DES").upper()
    return _LOGIN_DEFS.get(method, Missing(Reason.ERROR, f"ENCRYPT_METHOD {method} is not known"))


def remembered(entries: list[_pam.Entry]) -> object:
    """How many old passwords are refused. Pure."""
    history = next((one for one in entries if one.module == "pam_pwhistory" and one.enforced), None)
    if history:
        text = history.value("remember") or str(PWHISTORY_REMEMBER)
        return int(text) if text.isdigit() else Missing(Reason.ERROR, f"remember={text} is not a number")
    unix = next((one.value("remember") for one in entries if one.module == "pam_unix"), None)
    return int(unix) if unix and unix.isdigit() else ABSENT


def _signing_in(host: Host) -> Collected:
    conf = read_optional(host, FAILLOCK)
    records, empty, why = [], False, None
    for service in SIGN_IN_SERVICES:
        try:
            entries = [one for one in _stack(host, service) if one.kind == "auth"]
        except NotThere as error:
            if error.what != f"/etc/pam.d/{service}":
                why = error.missing
            continue
        except LookError as error:
            why = error.missing
            continue
        records.append({"service": service, **lockout(entries, key_values(conf or ""))})
        empty = empty or any(one.module == "pam_unix" and accepts_empty(one) for one in entries)
    return {"lockout.services": Listing(records, why is None, why),
            "password.empty_accepted": why if why and not empty else empty}


def accepts_empty(entry: _pam.Entry) -> bool:
    return bool({"nullok", "nullok_secure"} & set(entry.arguments))


def lockout(entries: list[_pam.Entry], settings: dict[str, str]) -> Collected:
    """What one service does after wrong passwords. Pure.

    pam_faillock refuses only in its ``preauth`` call, which must come before the password is checked, and
    counts only in its ``authfail`` call.
    """
    check = next((index for index, one in enumerate(entries) if one.module in ("pam_unix", "pam_sss")), len(entries))
    before = [one for one in entries[:check] if one.module == "pam_faillock" and "preauth" in one.arguments]
    counted = any(one.module == "pam_faillock" and "authfail" in one.arguments for one in entries)
    tally = [one for one in entries[:check] if one.module in ("pam_tally2", "pam_tally")]
    module = (before if before and counted else tally)[-1:]
    if not module or not module[0].enforced:
        return {"enforced": False}
    entry = module[0]
    own = settings if entry.module == "pam_faillock" and not entry.value("conf") else {}
    fallback = str(FAILLOCK_DENY) if entry.module == "pam_faillock" else "0"
    deny = entry.value("deny") or own.get("deny", fallback)
    unlock = entry.value("unlock_time") or own.get("unlock_time", str(FAILLOCK_UNLOCK))
    found: Collected = {"module": entry.module}
    if entry.value("conf"):
        missing = Missing(Reason.UNSUPPORTED, f"{entry.value('conf')} is not read")
        return found | {"enforced": missing, "deny": missing, "unlock_after": missing}
    if not deny.isdigit() or not (unlock.isdigit() or unlock == "never"):
        missing = Missing(Reason.ERROR, f"deny={deny} unlock_time={unlock} is not a number")
        return found | {"enforced": missing, "deny": missing, "unlock_after": missing}
    found |= {"enforced": int(deny) > 0, "deny": int(deny)}
    if unlock not in ("0", "never"):
        found["unlock_after"] = int(unlock)
    return found


def max_age(defs: dict[str, str]) -> object:
    """How long the password of a new account holds. Pure."""
    days = defs.get("PASS_MAX_DAYS", "")
    return int(days) * 86400 if days.isdigit() and int(days) < 99999 else ABSENT


def key_values(text: str) -> dict[str, str]:
    """``name = value`` lines; a name alone reads ``true``."""
    found = {}
    for line in text.splitlines():
        name, _, value = line.partition("#")[0].partition("=")
        if name.strip():
            found[name.strip()] = value.strip() or "true"
    return found


FACTS = (
    Fact("password.min_length", Type.INT, "The shortest new password accepted; absent: no module asks for a length",
         Disclosure.SHARED, unit="characters"),
    Fact("password.quality_module", Type.TEXT, "The module that judges new passwords; absent: none is enforced",
         Disclosure.SHARED),
    Fact("password.new_hash", Type.TEXT, "How new passwords are stored; absent: not by this machine",
         Disclosure.SHARED),
    Fact("password.remembered", Type.INT, "How many old passwords are refused; absent: none", Disclosure.SHARED),
    Fact("password.empty_accepted", Type.BOOL, "Whether PAM lets in an account whose password is empty",
         Disclosure.SHARED),
    Fact("password.max_age", Type.DURATION, "How long the password of a new account holds; absent: for ever",
         Disclosure.SHARED),
    Fact("lockout.services", Type.RECORDS, "What each way of signing in does after wrong passwords",
         Disclosure.SHARED, fields=(
             Field("service", Type.TEXT, "The PAM service: login, sshd, gdm-password …"),
             Field("enforced", Type.BOOL, "Whether the account is closed after too many"),
             Field("module", Type.TEXT, "The module that does it; absent: none"),
             Field("deny", Type.INT, "After how many; absent: never"),
             Field("unlock_after", Type.DURATION, "When it opens again by itself; absent: never"),
         )),
)

COLLECTOR = Collector(
    name="password_policy",
    platforms=frozenset({Platform.LINUX}),
    facts=FACTS,
    collect=collect,
    reads=("/etc/pam.d/", QUALITY, f"{QUALITY}.d/", FAILLOCK, "/etc/login.defs"),
    needs="reading /etc/pam.d",
)
