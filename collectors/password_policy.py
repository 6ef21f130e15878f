"""password_policy: what the machine demands of a new password, and how it keeps it.

PAM decides, so the stack of ``passwd`` is walked with everything it includes; a module that the stack does
not heed counts for nothing. Sources: pam_unix(8), pam_pwquality(8), pwquality.conf(5), pam_pwhistory(8),
pwhistory.conf(5), login.defs(5).
"""

from __future__ import annotations

from collectors import _glob, _login_defs, _pam, _pam_walk, _passwd, _pwquality
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
from collectors.host.protocol import Host, NotThere, Unreadable, Unsupported, list_optional, read_optional
from hustings.declared import Declared

QUALITY = "/etc/security/pwquality.conf"
HISTORY = "/etc/security/pwhistory.conf"
QUALITY_MODULES = ("pam_pwquality", "pam_cracklib")
PWHISTORY_REMEMBER = 10
UNIX_MINLEN = 6
_HASHES = {"yescrypt": "yescrypt", "gost_yescrypt": "gost-yescrypt", "blowfish": "bcrypt", "sha512": "sha512crypt",
           "sha256": "sha256crypt", "md5": "md5crypt", "bigcrypt": "bigcrypt"}
_LOGIN_DEFS = {"YESCRYPT": "yescrypt", "GOST_YESCRYPT": "gost-yescrypt", "BCRYPT": "bcrypt", "BLOWFISH": "bcrypt",
               "SHA512": "sha512crypt", "SHA256": "sha256crypt", "MD5": "md5crypt", "DES": "descrypt"}
_OF_QUALITY = ("password.min_length", "password.quality_module", "password.quality", "password.quality_present")
_OF_HISTORY = ("password.remembered", "password.remembered_stated", "password.history_root",
               "password.history_as_judged", "password.history_file")
_OF_STORING = ("password.new_hash", "password.hash_argument", "password.unix_remember", "password.stored_as_judged")
MODULES = ("/usr/lib/*/security", "/usr/lib64/security", "/usr/lib/security", "/lib/*/security", "/lib64/security",
           "/lib/security")
"""Where modules are installed."""


def collect(host: Host, declared: Declared) -> Collected:
    try:
        entries = [one for one in stack(host, "passwd") if one.kind == "password"]
    except NotThere as error:
        if error.what != f"{_pam.PLACES[0]}/passwd":
            raise
        entries = [one for one in stack(host, "other") if one.kind == "password"]
    return gather({
        _OF_QUALITY: lambda: quality(entries, _stated(host)),
        _OF_HISTORY: lambda: history(entries, _history_conf(host)),
        _OF_STORING: lambda: storing(entries, _passwd.login_defs_of_pam(_login_defs.text(host))),
    })


def stack(host: Host, service: str) -> list[_pam.Entry]:
    """A service's entries without those that libpam passes over; a line PAM would not take is an ``Unreadable``."""
    try:
        entries = _pam.stack(host.read, service)
    except _pam.StackFault as fault:
        raise Unreadable(str(fault)) from fault
    return [one for one in entries if not one.may_be_missing or one.control == "optional" or _installed(host, one)]


def _installed(host: Host, entry: _pam.Entry) -> bool:
    return any(_glob.expand(host, f"{place}/{entry.module}.so") for place in MODULES)


def _stated(host: Host) -> _pwquality.Stated:
    names = [name for name in list_optional(host, f"{QUALITY}.d") if name.endswith(".conf")]
    found = [one for name in names for one in _pwquality.lines(host.read(f"{QUALITY}.d/{name}"), f"{QUALITY}.d/{name}")]
    return found + _pwquality.lines(read_optional(host, QUALITY) or "", QUALITY)


def _history_conf(host: Host) -> str:
    """pwhistory.conf, where the module reads one: older ones (Linux-PAM before 1.5.3) do not know the file."""
    text = read_optional(host, HISTORY)
    if text is None:
        return ""
    found = [path for place in MODULES for path in _glob.expand(host, f"{place}/pam_pwhistory.so")]
    if not found:
        raise Unsupported(f"whether pam_pwhistory reads {HISTORY} is not known: the module was not found")
    return text if HISTORY.encode() in host.read_bytes(found[0]) else ""


def guarding(entries: list[_pam.Entry], *modules: str) -> _pam.Entry | None:
    """The first entry of one of these modules that the stack heeds: nothing gets past it."""
    return next((one for index, one in enumerate(entries) if one.module in modules
                 and _pam_walk.guards(entries, [index])), None)


def quality(entries: list[_pam.Entry], stated: _pwquality.Stated) -> Collected:
    """Which module judges new passwords, and by what. Pure.

    ``enforcing=0`` makes pam_pwquality warn and no more.
    """
    present = next((one for one in entries if one.module in QUALITY_MODULES), None)
    listed = [_record(one) for one in _pwquality.settings(present, stated).values()] if present else [
        {"name": name, "stated": False, "contradicted": False, "source": ""}
        for name in (*_pwquality.DEFAULTS, *_pwquality.SWITCHES)]
    found: Collected = {"password.quality": Listing(listed), "password.quality_present": present is not None,
                        "password.quality_module": ABSENT}
    heeded = guarding(entries, *QUALITY_MODULES)
    settings = _pwquality.settings(heeded, stated) if heeded else {}
    if heeded and settings["enforcing"].value == 0 and heeded.module == "pam_pwquality":
        heeded = None
    if heeded:
        shortest = _pwquality.shortest(settings)
        said = Missing(Reason.ERROR, f"{heeded.file}:{heeded.line} or {QUALITY}: a length is not a number")
        return found | {"password.quality": Listing([_record(one) for one in settings.values()]),
                        "password.quality_module": heeded.module,
                        "password.min_length": said if shortest is None else shortest}
    other = guarding(entries, "pam_passwdqc", "pam_pwcheck")
    if other:
        missing = Missing(Reason.UNSUPPORTED, f"the rules of {other.module} are not read")
        return found | {"password.quality_module": other.module, "password.min_length": missing}
    unix = guarding(entries, "pam_unix")
    least = unix.value("minlen") if unix else None
    return found | {"password.min_length": int(least) if least and least.isdigit() else ABSENT}


def _record(setting: _pwquality.Setting) -> dict[str, object]:
    unclear = Missing(Reason.ERROR, f"{setting.source}: {setting.name} is not a number")
    return {"name": setting.name, "value": unclear if setting.value is None else setting.value,
            "stated": setting.stated, "contradicted": setting.contradicted, "source": setting.source}


def history(entries: list[_pam.Entry], conf: str) -> Collected:
    """How many old passwords are refused, and of whom. Pure. Arguments win over pwhistory.conf."""
    module = guarding(entries, "pam_pwhistory")
    if module is None:
        unix = guarding(entries, "pam_unix")
        least = unix.value("remember") if unix else None
        said = int(least) if least and least.isdigit() and int(least) else ABSENT
        return dict.fromkeys(_OF_HISTORY, ABSENT) | {
            "password.remembered": said, "password.remembered_stated": said is not ABSENT}
    own = {name: value for name, value, _ in _pwquality.lines(conf, HISTORY)}
    if module.value("conf"):
        return dict.fromkeys(_OF_HISTORY, Missing(Reason.UNSUPPORTED, f"{module.value('conf')} is not read"))
    text = module.value("remember") or own.get("remember", str(PWHISTORY_REMEMBER))
    return {
        "password.remembered": int(text) if text.isdigit() else Missing(Reason.ERROR, f"remember={text} is no number"),
        "password.remembered_stated": module.value("remember") is not None or "remember" in own,
        "password.history_root": "enforce_for_root" in module.arguments or "enforce_for_root" in own,
        "password.history_as_judged": module is entries[0] or "use_authtok" in module.arguments,
        "password.history_file": module.value("file") or own.get("file") or "/etc/security/opasswd",
    }


def storing(entries: list[_pam.Entry], defs: dict[str, str]) -> Collected:
    """How pam_unix stores a new password, and whether it is the one that was judged before. Pure.

    Without ``use_authtok``, a pam_unix that is not the first asks again and stores what nobody judged, even
    where a ``required`` module before it has refused.
    """
    unix = [(index, one) for index, one in enumerate(entries) if one.module == "pam_unix"]
    remembers = [one.value("remember") or "0" for _, one in unix]
    return {
        "password.new_hash": new_hash(entries, defs),
        "password.hash_argument": next((word for _, one in unix for word in one.arguments if word in _HASHES), ABSENT),
        "password.unix_remember": any(one.isdigit() and int(one) > 0 for one in remembers) if unix else ABSENT,
        "password.stored_as_judged": all(
            index == 0 or "use_authtok" in one.arguments for index, one in unix) if unix else ABSENT,
    }


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


FACTS = (
    Fact("password.min_length", Type.INT, "The shortest new password accepted; absent: no module asks for a length",
         Disclosure.SHARED, unit="characters"),
    Fact("password.quality_module", Type.TEXT, "The module that judges new passwords; absent: none is enforced",
         Disclosure.SHARED),
    Fact("password.quality_present", Type.BOOL, "Whether a module that judges new passwords stands in the stack, "
         "heeded or not", Disclosure.SHARED),
    Fact("password.quality", Type.RECORDS, "Every setting of that module as it holds (pwquality.conf(5)), those "
         "nobody states included", Disclosure.SHARED, fields=(
             Field("name", Type.TEXT, "minlen, dcredit, maxrepeat, enforce_for_root …"),
             Field("value", Type.INT, "Its value; a switch is 1 when on"),
             Field("stated", Type.BOOL, "Whether a file or an argument says so"),
             Field("contradicted", Type.BOOL, "Whether it is stated elsewhere too, with another value"),
             Field("source", Type.TEXT, "The file or PAM line that wins; empty when nothing states it"),
         )),
    Fact("password.new_hash", Type.TEXT, "How new passwords are stored; absent: not by this machine",
         Disclosure.SHARED),
    Fact("password.hash_argument", Type.TEXT, "The word by which pam_unix is told so: yescrypt, sha512 …; absent: "
         "login.defs decides", Disclosure.SHARED),
    Fact("password.stored_as_judged", Type.BOOL, "Whether what is stored is the password that was judged before "
         "(use_authtok); absent: not stored by this machine", Disclosure.SHARED),
    Fact("password.unix_remember", Type.BOOL, "Whether pam_unix keeps old passwords itself; absent: it is not in use",
         Disclosure.SHARED),
    Fact("password.remembered", Type.INT, "How many old passwords are refused; absent: none", Disclosure.SHARED),
    Fact("password.remembered_stated", Type.BOOL, "Whether that number is written down", Disclosure.SHARED),
    Fact("password.history_as_judged", Type.BOOL, "Whether pam_pwhistory looks at the password that was judged before "
         "it (use_authtok), or is the first itself; absent: it is not enforced", Disclosure.SHARED),
    Fact("password.history_root", Type.BOOL, "Whether that holds when root sets a password too; absent: pam_pwhistory "
         "is not enforced", Disclosure.SHARED),
    Fact("password.history_file", Type.TEXT, "Where they are kept; absent: pam_pwhistory is not enforced",
         Disclosure.SHARED),
)

COLLECTOR = Collector(
    name="password_policy",
    platforms=frozenset({Platform.LINUX}),
    facts=FACTS,
    collect=collect,
    reads=(*(f"{place}/" for place in _pam.PLACES), QUALITY, f"{QUALITY}.d/", HISTORY, *_login_defs.READS,
           *(f"{place}/pam_pwhistory.so" for place in MODULES)),
    stats=tuple(f"{place}/*.so" for place in MODULES),
    needs="reading /etc/pam.d",
)
