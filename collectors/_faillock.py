"""Whether a PAM stack closes an account after wrong passwords, and how. Pure.

pam_faillock refuses in its ``preauth`` and ``authsucc`` calls and counts in its ``authfail`` call
(pam_faillock(8)): the account is closed only where nobody gets in by password while those refuse, and where a
wrong password leads to the count. pam_tally2 does both in one call.
"""

from __future__ import annotations

from typing import Any

from collectors import _pam_walk, _pwquality
from collectors._pam import Entry
from hustings.facts import Missing, Reason

CONF = "/etc/security/faillock.conf"
PASSWORD_MODULES = ("pam_unix", "pam_sss", "pam_ldap", "pam_winbind", "pam_krb5", "pam_extrausers")
_DEFAULTS = {"deny": "3", "unlock_time": "600", "fail_interval": "900"}
DIRECTORY = "/var/run/faillock"
_OPEN = {"enforced": False}


def lockout(asked: list[Entry], conf: str | None, account: list[Entry]) -> dict[str, Any]:
    """What one service does after wrong passwords: the fields of ``lockout.services`` but for its name.

    ``asked`` and ``account`` are its ``auth`` and ``account`` entries; ``conf`` is faillock.conf.
    """
    refusing = [index for index, one in enumerate(asked) if one.module == "pam_faillock"
                and {"preauth", "authsucc"} & set(one.arguments)]
    if refusing and _closes(asked, refusing) and _counts(asked):
        entry = next((asked[index] for index in refusing if _closes(asked, [index])), asked[refusing[0]])
        return _of_faillock(entry, _stated(conf)) | {"every_call": _every_call(asked, account)}
    tally = next((one for index, one in enumerate(asked) if one.module in ("pam_tally2", "pam_tally")
                  and _closes(asked, [index])), None)
    return _of_tally(tally) if tally else dict(_OPEN)


def _closes(asked: list[Entry], refusing: list[int]) -> bool:
    """Whether nobody gets in by password while the modules at ``refusing`` refuse. What lets somebody in
    without a password at all (a fingerprint, a group without passwords) is another matter."""
    def answers(index: int, entry: Entry) -> frozenset[str] | None:
        if index in refusing:
            return _pam_walk.FAILS
        aside = entry.module not in (*PASSWORD_MODULES, "pam_faillock", "pam_permit")
        return _pam_walk.FAILS if aside and _pam_walk.actions(entry).get("success") == "done" else None

    return _pam_walk.can_succeed(asked, lambda index, entry: None) and not _pam_walk.can_succeed(asked, answers)


def _counts(asked: list[Entry]) -> bool:
    """Whether a wrong password leads to the count."""
    wrong = [index for index, one in enumerate(asked)
             if one.module == "pam_faillock" and "authfail" in one.arguments]
    return any(_pam_walk.reached(asked, index, lambda _, one: (
        _pam_walk.FAILS if one.module in PASSWORD_MODULES else None)) for index in wrong)


def _every_call(asked: list[Entry], account: list[Entry]) -> bool:
    said = {word for one in asked if one.module == "pam_faillock" for word in one.arguments}
    return {"preauth", "authfail", "authsucc"} <= said and any(
        one.module == "pam_faillock" and _pam_walk.guards(account, [index]) for index, one in enumerate(account))


def _stated(conf: str | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value, _ in _pwquality.lines(conf or "", CONF):
        found.setdefault(name, []).append(value)
    return found


def _of_faillock(entry: Entry, conf: dict[str, list[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {"module": entry.module}
    if entry.value("conf"):
        missing = Missing(Reason.UNSUPPORTED, f"{entry.value('conf')} is not read")
        return found | dict.fromkeys(
            ("enforced", "deny", "unlock_after", "within", "root_too", "root_unlock_after", "logs_names"), missing)
    deny = _value(entry, conf, "deny")
    number = _number(deny, "deny")
    found |= {"enforced": number > 0 if isinstance(number, int) else number, "deny": number}
    found |= {"deny_once": _once(entry, conf, "deny"), "unlock_once": _once(entry, conf, "unlock_time"),
              "within_once": _once(entry, conf, "fail_interval"),
              "root_unlock_once": _once(entry, conf, "root_unlock_time")}
    found |= _time("unlock_after", _value(entry, conf, "unlock_time"))
    found |= _time("within", _value(entry, conf, "fail_interval"))
    root = _value(entry, conf, "root_unlock_time")
    found["root_too"] = _switch(entry, conf, "even_deny_root") or root is not None
    found |= _time("root_unlock_after", root if root is not None else _value(entry, conf, "unlock_time"))
    found |= {"logs_names": _switch(entry, conf, "audit"), "silent": _switch(entry, conf, "silent"),
              "directory": _value(entry, conf, "dir") or DIRECTORY}
    return found


def _of_tally(entry: Entry) -> dict[str, Any]:
    number = _number(entry.value("deny") or "0", "deny")
    found: dict[str, Any] = {"module": entry.module, "deny": number,
                             "enforced": number > 0 if isinstance(number, int) else number}
    found["root_too"] = bool({"even_deny_root", "even_deny_root_account"} & set(entry.arguments))
    found |= {"every_call": False, "logs_names": "audit" in entry.arguments, "silent": "silent" in entry.arguments}
    return found | _time("unlock_after", entry.value("unlock_time") or "0") | {
        "deny_once": entry.value("deny") is not None, "unlock_once": entry.value("unlock_time") is not None}


def _value(entry: Entry, conf: dict[str, list[str]], name: str) -> str | None:
    """What holds: the module's argument, else the file's last word, else the built-in value."""
    return entry.value(name) or (conf[name][-1] if name in conf else _DEFAULTS.get(name))


def _switch(entry: Entry, conf: dict[str, list[str]], name: str) -> bool:
    return name in entry.arguments or name in conf


def _once(entry: Entry, conf: dict[str, list[str]], name: str) -> bool:
    return (entry.value(name) is not None) + len(set(conf.get(name, ()))) == 1


def _number(text: str | None, name: str) -> int | Missing:
    if text is not None and text.isascii() and text.isdigit():
        return int(text)
    return Missing(Reason.ERROR, f"{name}={text} is not a number")


def _time(field: str, text: str | None) -> dict[str, Any]:
    """A length in seconds; 0 and ``never`` stand for never, which is absent."""
    if text in ("0", "never", None):
        return {}
    return {field: _number(text, field)}
