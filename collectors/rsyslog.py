"""What rsyslog's configuration amounts to: where it forwards to, what it accepts, writes and with which permissions."""

from __future__ import annotations

import re

from collectors._rsyslog_conf import Configuration, Statement
from collectors._rsyslog_conf import statements as read_statements
from hustings.facts import Missing, Reason

FACILITIES = ("auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news", "syslog", "user", "uucp",
              *(f"local{number}" for number in range(8)))
KNOWN = ("filecreatemode", "dircreatemode", "umask", "defaultnetstreamdriver", "defaultnetstreamdrivercafile",
         "defaultnetstreamdrivercertfile", "defaultnetstreamdriverkeyfile", "actionsendstreamdrivermode",
         "actionsendstreamdriverauthmode", "actionsendstreamdriverpermittedpeer", "workdirectory",
         "maxmessagesize", "preservefqdn")
"""Settings told whether or not they are stated."""
BUILT_IN_FILE_MODE = "0644"
_TLS_DRIVERS = frozenset({"gtls", "ossl", "mbedtls"})
_CHECKED = frozenset({"x509/name", "x509/fingerprint", "x509/certvalid"})
_OLD_FORWARD = re.compile(r"-?(@@?)(?:\([^)]*\))?(\[[^\]]+\]|[^\s:;@]+)")
_OLD_RELP = re.compile(r":omrelp:([^\s:;]+)")
_OLD_SENDING = {"streamdrivermode": "actionsendstreamdrivermode", "streamdriver.mode": "actionsendstreamdrivermode",
                "streamdriverauthmode": "actionsendstreamdriverauthmode",
                "streamdriver.authmode": "actionsendstreamdriverauthmode",
                "streamdriverpermittedpeers": "actionsendstreamdriverpermittedpeer",
                "streamdriver.permittedpeers": "actionsendstreamdriverpermittedpeer"}
"""A forwarding action's own parameters, and the directives that say the same of the actions after them."""
_INPUTS = {"inputtcpserverrun": "imtcp", "udpserverrun": "imudp", "inputrelpserverrun": "imrelp",
           "inputptcpserverrun": "imptcp", "inputgssserverrun": "imgssapi"}
_LISTENERS = frozenset(_INPUTS.values()) | {"im3195"}


def parse_forwards(text: str) -> list[object]:
    """The forwarding actions of one text; see ``forwards``."""
    return forwards(Configuration(read_statements(text)))


def forwards(configuration: Configuration) -> list[object]:
    """Every forwarding action that messages come to: target, protocol, whether TLS is on for it, and whether the
    other side's certificate is checked. Those under a condition are left out: see ``conditional``."""
    return _forwards(configuration, under_condition=False)


def conditional(configuration: Configuration) -> Missing | None:
    """Why it is not known whether more is forwarded: an action stands under a condition, which is not evaluated."""
    if not _forwards(configuration, under_condition=True):
        return None
    return Missing(Reason.UNSUPPORTED, "a forwarding action under a condition (if, a rule set, a property) is not "
                                       "followed")


def _forwards(configuration: Configuration, *, under_condition: bool) -> list[object]:
    found: list[object] = []
    old: dict[str, str] = {}
    usual = default_driver(configuration)
    whole = True
    for one in configuration.statements:
        if _discards(one):
            if everything(one.name):
                break
            whole = False
        elif one.kind != "directive" and one.conditional is not under_condition:
            continue
        elif one.kind == "directive":
            old[one.name] = one.value
        elif one.kind == "action":
            found += _action(one.parameters, usual, whole and everything(one.name))
        elif one.kind == "rule":
            encrypted = old.get("actionsendstreamdrivermode") == "1" and usual in _TLS_DRIVERS
            checked = old.get("actionsendstreamdriverauthmode", "").lower() in _CHECKED
            if forward := _OLD_FORWARD.match(one.value):
                protocol = "tcp" if forward[1] == "@@" else "udp"
                found.append(_record(forward[2].strip("[]"), protocol, encrypted, checked,
                                     whole and everything(one.name)))
            elif relp := _OLD_RELP.match(one.value):
                found.append(_record(relp[1], "relp", False, False, whole and everything(one.name)))
    return found


def _discards(one: Statement) -> bool:
    """Whether a statement ends the way of the messages it is for."""
    return not one.conditional and (one.kind == "stop" or (one.kind == "rule" and one.value in ("~", "stop")))


def default_driver(configuration: Configuration) -> str:
    """The stream driver of actions that name none: ``ptcp``, which cannot encrypt, unless another is set."""
    named = [value for name, value, _ in settings(configuration) if name == "defaultnetstreamdriver"]
    return named[-1].lower() if named else "ptcp"


def everything(selector: str) -> bool:
    """Whether a selector leaves no message out; an action without one takes all."""
    parts = _parts(selector)
    return not selector or ("*.*" in parts and not any(part.endswith(".none") or ".!" in part for part in parts))


def _parts(selector: str) -> list[str]:
    """The parts of a selector, each ``facilities.priority``."""
    return [part.strip(",;") for part in re.findall(r"[\w*,]+\.[=!]*[\w*]+", selector)]


def _action(said: dict[str, str], usual: str, whole: bool) -> list[object]:
    if "target" not in said:
        return []
    if said.get("type", "").lower() == "omfwd":
        driver = said.get("streamdriver", said.get("streamdriver.name", usual)).lower()
        mode = said.get("streamdrivermode", said.get("streamdriver.mode"))
        checked = said.get("streamdriverauthmode", said.get("streamdriver.authmode", "")).lower() in _CHECKED
        purpose = said.get("streamdriver.checkextendedkeypurpose", "off").lower() == "on"
        return [_record(said["target"], said.get("protocol", "udp").lower(), driver in _TLS_DRIVERS and mode == "1",
                        checked, whole, purpose)]
    if said.get("type", "").lower() == "omrelp":
        checked = said.get("tls.authmode", "").lower() in ("name", "fingerprint", "certvalid")
        return [_record(said["target"], "relp", said.get("tls", "off").lower() == "on", checked,
                        whole)]
    return []


def _record(target: str, protocol: str, tls: bool, checked: bool, whole: bool,
            purpose: bool = False) -> dict[str, object]:
    encrypted = tls and protocol != "udp"
    looked = "certificate and purpose" if purpose else "certificate"
    return {"target": target, "protocol": protocol, "tls": encrypted,
            "peer_check": looked if encrypted and checked else "none", "everything": whole}


def settings(configuration: Configuration) -> list[tuple[str, str, Statement]]:
    """Every setting in order, by its name in the old language: directives, ``global()``, the file module's own
    and what forwarding actions say of their connection."""
    found: list[tuple[str, str, Statement]] = []
    for one in configuration.statements:
        if one.kind == "directive":
            found.append((one.name, one.value.strip('"'), one))
        elif one.kind == "global" or (one.kind == "module" and one.parameters.get("load") == "builtin:omfile"):
            found += [(name, value, one) for name, value in one.parameters.items() if name != "load"]
        elif one.kind == "action" and one.parameters.get("type", "").lower() == "omfwd":
            found += [(_OLD_SENDING[name], value, one) for name, value in one.parameters.items()
                      if name in _OLD_SENDING]
    return found


def setting_records(configuration: Configuration) -> list[dict[str, object]]:
    """One record for each known or stated setting: the last word, and how many others say otherwise."""
    stated: dict[str, list[tuple[str, Statement]]] = {name: [] for name in KNOWN}
    for name, value, statement in settings(configuration):
        stated.setdefault(name, []).append((value, statement))
    return [{"name": name, "value": said[-1][0] if said else "", "origin": "stated" if said else "built-in",
             "contradictions": sum(value != said[-1][0] for value, _ in said),
             "file": said[-1][1].file if said else "", "line": said[-1][1].line if said else 0}
            for name, said in stated.items()]


def inputs(configuration: Configuration) -> list[dict[str, object]]:
    """What rsyslog takes messages from the network by: a module that is loaded for it, and each opened port."""
    found: list[dict[str, object]] = []
    for one in configuration.statements:
        module, port = "", ""
        if one.kind == "directive" and one.name == "modload":
            module = one.value.strip('"').removesuffix(".so")
        elif one.kind == "directive" and one.name in _INPUTS:
            module, port = _INPUTS[one.name], one.value
        elif one.kind == "module":
            module = one.parameters.get("load", "")
        elif one.kind == "input":
            module, port = one.parameters.get("type", ""), one.parameters.get("port", "")
        if module.lower() in _LISTENERS:
            found.append({"module": module.lower(), "port": port, "file": one.file, "line": one.line})
    return found


def file_modes(configuration: Configuration) -> list[str]:
    """The permissions that log files are made with: each that is stated, and the built-in one if a file is
    written before any is. Four octal digits."""
    found: list[str] = []
    current = ""
    for one in configuration.statements:
        if one.kind == "directive" and one.name == "filecreatemode":
            current = _octal(one.value)
            found.append(current)
        elif one.kind == "module" and one.parameters.get("load") == "builtin:omfile":
            current = _octal(one.parameters.get("filecreatemode", current))
            found.append(current)
        elif one.kind == "action" and one.parameters.get("type", "").lower() == "omfile":
            found.append(_octal(one.parameters.get("filecreatemode", current)))
        elif one.kind == "rule" and re.match(r"-?[/?]", one.value):
            found.append(_octal(current))
    return sorted(set(found))


def _octal(text: str) -> str:
    digits = text.strip().strip('"')
    return digits.zfill(4) if digits else BUILT_IN_FILE_MODE


def selectors(configuration: Configuration) -> list[str]:
    """The parts of every rule's selector, each ``facilities.priority`` as written, once."""
    return list(dict.fromkeys(part for one in configuration.statements if one.kind == "rule"
                              for part in _parts(one.name)))


def facilities_logged(configuration: Configuration) -> list[str]:
    """The facilities of which every message goes to a file or another machine by some rule that they come to
    under no condition."""
    found: set[str] = set()
    for one in configuration.statements:
        if _discards(one) and everything(one.name):
            break
        if one.kind != "rule" or one.conditional or one.value.startswith((":omusrmsg:", "~", "stop")):
            continue
        here: set[str] = set()
        for part in _parts(one.name):
            names, _, priority = part.partition(".")
            meant = set(FACILITIES) if "*" in names.split(",") else set(names.split(","))
            if priority in ("*", "debug"):
                here |= meant
            elif priority == "none" or priority.startswith("!"):
                here -= meant
        found |= here
    return sorted(found)
