"""USBGuard's settings (usbguard-daemon.conf(5)) and rules (usbguard-rules.conf(5))."""

from __future__ import annotations

import re

from collectors._glob import expand
from collectors.host.protocol import Host, Unsupported, read_optional

CONF = "/etc/usbguard/usbguard-daemon.conf"
_RULES, _FOLDER = "/etc/usbguard/rules.conf", "/etc/usbguard/rules.d/"
READS = ("/etc/usbguard/",)
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[{}]|[^\s{}"]+')
_ONE_DEVICE = re.compile(r"[0-9a-fA-F]{4}:[0-9a-fA-F]{4}")
_INTERFACE = re.compile(r"[0-9a-fA-F]{2}:[0-9a-fA-F*]{1,2}:[0-9a-fA-F*]{1,2}|\*:\*:\*")
_DISK = "08"
"""The class of mass storage (USB-IF class codes)."""


def parse_settings(text: str) -> dict[str, str]:
    """The daemon's settings; comments begin a line with ``#``."""
    return {key.strip(): value.strip() for key, equals, value in (line.strip().partition("=")
            for line in text.splitlines() if not line.lstrip().startswith("#")) if equals}


def lets_disks_in(settings: dict[str, str], rules: list[str]) -> bool:
    """Whether a disk that nobody named would be accepted: the first rule that fits it decides, and what no rule
    fits gets ``ImplicitPolicyTarget``.

    A device is named by its hash, its serial number or its whole id; a rule for a port, a name or a kind of
    interface is for any device that shows up there or says so.
    """
    for rule in rules:
        words = _WORD.findall(rule.split("#", 1)[0] if '"' not in rule else rule)
        if not words or words[0].startswith("#"):
            continue
        interfaces = [word for word in words if _INTERFACE.fullmatch(word)]
        disks = [word for word in interfaces if word.startswith((_DISK, "*"))]
        named = bool({"hash", "serial"} & set(words)) or any(_ONE_DEVICE.fullmatch(word) for word in words)
        if words[0] == "allow" and not named and (not interfaces or disks or "none-of" in words):
            return True
        if words[0] in ("block", "reject") and _fits_every_disk(words, interfaces):
            return False
    return settings.get("ImplicitPolicyTarget", "block") not in ("block", "reject")


def _fits_every_disk(words: list[str], interfaces: list[str]) -> bool:
    """Whether a rule is for whatever has an interface of mass storage."""
    if len(words) == 1:
        return True
    alone = words[1] == "with-interface" and (len(words) == 3 or "one-of" in words[2:3])
    return alone and ("if" not in words) and any(word in ("08:*:*", "*:*:*") for word in interfaces)


def keeps_disks_out(host: Host) -> bool:
    """Whether USBGuard, where it runs, accepts no disk that nobody named. Raises ``LookError``."""
    settings = parse_settings(host.read(CONF))
    if settings.get("InsertedDevicePolicy", "apply-policy") != "apply-policy":
        return settings["InsertedDevicePolicy"] in ("block", "reject")
    file, folder = settings.get("RuleFile", _RULES), settings.get("RuleFolder", _FOLDER)
    for path in (file, folder):
        if path and not path.startswith(READS):
            raise Unsupported(f"USBGuard's rules lie in {path}, where they are not looked for")
    paths = [*([file] if file else []), *(expand(host, f"{folder}/*.conf") if folder else [])]
    rules = [line for path in paths for line in (read_optional(host, path) or "").splitlines()]
    return not lets_disks_in(settings, rules)
