"""sshd: what the SSH daemon allows.

Asks ``sshd -T``, with the running daemon's own options, for the effective configuration. It answers to
root alone, and only where the daemon's run directory exists; in an image, and where that directory is
missing, the files are read with the daemon's precedence and its compiled-in values. Settings under
``Match`` are not taken for everyone's: they are listed apart.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from collectors import _pam
from collectors._glob import expand
from collectors._sshd_config import (
    DEFAULTS,
    DEFAULTS_SINCE,
    MAIN,
    Config,
    ConfigFault,
    algorithms,
    daemon_options,
    factors,
    parse_effective,
    parse_files,
    seconds,
    version_of,
)
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
from collectors.host.protocol import Denied, Host, LookError, NotThere, Unreadable, Unsupported, read_optional
from hustings.declared import Declared

PROGRAM = "/usr/sbin/sshd"
PID_FILE = "/run/sshd.pid"
HOST_KEYS = tuple(f"/etc/ssh/ssh_host_{kind}_key" for kind in ("rsa", "ecdsa", "ed25519"))
MFA_MODULES = frozenset({
    "pam_google_authenticator", "pam_duo", "pam_oath", "pam_u2f", "pam_yubico", "pam_radius_auth",
    "pam_rsa", "pam_okta_auth", "pam_privacyidea",
})
"""Modules that ask for something other than the account's password."""


@dataclass(frozen=True)
class Effective:
    """The settings in force and where they come from: ``daemon`` (asked) or ``files`` (read)."""

    settings: dict[str, list[str]]
    source: str
    version: tuple[int, int] | None = None

    def value(self, keyword: str) -> str:
        """A setting's value. Raises ``LookError`` when it is not set and the compiled-in value is not known."""
        if keyword in self.settings:
            return self.settings[keyword][0]
        if self.source == "files" and keyword in DEFAULTS:
            if self.version is None or self.version < DEFAULTS_SINCE:
                raise Unsupported(f"{keyword} is not set, and the value built into this sshd is not known")
            return DEFAULTS[keyword]
        raise Unsupported(f"this sshd has no setting {keyword}")


def collect(host: Host, declared: Declared) -> Collected:
    if not _exists(host, PROGRAM):
        return {"sshd.installed": False} | dict.fromkeys((fact.id for fact in FACTS[1:]), ABSENT)
    options, main = running_options(host)
    return {"sshd.installed": True} | gather({
        _SETTINGS: lambda: settings_facts(effective(host, options, main), host),
        ("sshd.match_blocks",): lambda: match_blocks(_files(host, options, main)),
        ("sshd.config_newer_than_daemon",): lambda: {"sshd.config_newer_than_daemon": _newer(host, options, main)},
        ("sshd.pam_factors",): lambda: {"sshd.pam_factors": pam_factors(host)},
    })


def running_options(host: Host) -> tuple[tuple[str, ...], str]:
    """The options the running daemon was started with; none when it does not run."""
    pid = (read_optional(host, PID_FILE) or "").strip() if host.kind == "live" else ""
    title = read_optional(host, f"/proc/{pid}/cmdline") if pid.isdigit() else None
    options, main = daemon_options(title or "")
    return options, main or MAIN


def effective(host: Host, options: tuple[str, ...], main: str) -> Effective:
    """The settings that hold for every connection. Raises ``LookError``."""
    if host.kind != "image":
        settings = _asked(host, options, main)
        if settings is not None:
            return Effective(settings, "daemon")
    config = _files(host, options, main)
    return Effective(config.settings(), "files", version_of(host.read_bytes(PROGRAM)))


def _asked(host: Host, options: tuple[str, ...], main: str) -> dict[str, list[str]] | None:
    """What ``sshd -T`` says, or None where it cannot be asked although nothing is wrong."""
    arguments = ["-T", *(part for one in options for part in ("-o", one)), *(["-f", main] if main != MAIN else [])]
    try:
        answer = host.run("sshd", *arguments, ok=(0, 1, 255))
    except (NotThere, Unsupported):
        return None
    if answer.code == 0:
        return parse_effective(answer.stdout)
    said = answer.stderr.strip()
    if "privilege separation directory" in said or "not in connection test specification" in said:
        return None
    if "no hostkeys available" in said and any(_exists(host, key) for key in HOST_KEYS):
        raise Denied("sshd -T needs root to read the host keys")
    if "ermission denied" in said:
        raise Denied(f"sshd -T: {said.splitlines()[0]}")
    raise Unreadable(f"sshd -T ended with {answer.code}: {said.splitlines()[0] if said else 'no message'}")


def _files(host: Host, options: tuple[str, ...], main: str) -> Config:
    try:
        return parse_files(host.read, lambda pattern: expand(host, pattern), main, options)
    except ConfigFault as fault:
        raise Unreadable(str(fault)) from fault


def match_blocks(config: Config) -> Collected:
    items = [{"criteria": line.criteria, "keyword": line.keyword, "value": line.value.lower(),
              "file": line.file, "line": line.line} for line in config.lines if line.criteria]
    return {"sshd.match_blocks": Listing(items)}


def settings_facts(effective: Effective, host: Host) -> Collected:
    """Every setting as a fact; one whose value is not known is a reason of its own."""
    found: Collected = {"sshd.settings_from": effective.source}
    for keywords, convert in ((_TEXTS, _normal), (_SWITCHES, _switch), (_NUMBERS, seconds)):
        for fact, keyword in keywords.items():
            found[fact] = _converted(effective, keyword, convert)
    for fact, keyword in _GATHERED.items():
        found[fact] = Listing([word for value in effective.settings.get(keyword, []) for word in value.split()])
    for fact, keyword in _ALGORITHMS.items():
        found[fact] = _algorithms(effective, keyword)
    found["sshd.banner"] = ABSENT if found["sshd.banner"] == "none" else found["sshd.banner"]
    found["sshd.key_algorithms"] = _key_algorithms(effective)
    found["sshd.authentication_factors"] = _converted(effective, "authenticationmethods", partial(_factors, host))
    found["sshd.host_keys"] = Listing([_host_key(host, path) for path in _key_paths(effective, host)])
    return found


def _converted(effective: Effective, keyword: str, convert: Callable[[str], object]) -> object:
    """A setting as a fact's value, or the reason it has none."""
    try:
        return convert(effective.value(keyword))
    except LookError as error:
        return error.missing
    except ValueError as error:
        return Missing(Reason.ERROR, f"{keyword}: {error}")


def _factors(host: Host, methods: str) -> int:
    typed = "password" in methods and "keyboard-interactive" in methods
    questions = typed and any(record["enforced"] for record in _pam_factors(host))
    return factors(methods, questions=questions)


def _normal(value: str) -> str:
    lowered = value.lower()
    return "prohibit-password" if lowered == "without-password" else value if "/" in value else lowered


def _switch(value: str) -> bool:
    if value.lower() not in ("yes", "no", "true", "false"):
        raise ValueError(f"{value!r} is neither yes nor no")
    return value.lower() in ("yes", "true")


def _algorithms(effective: Effective, keyword: str) -> Listing | Missing:
    value = effective.settings[keyword][0] if keyword in effective.settings else None
    known = algorithms(keyword, value, effective.version)
    if known is None:
        return Missing(Reason.UNSUPPORTED, f"the {keyword} built into this version of sshd are not known")
    return Listing(known)


def _key_algorithms(effective: Effective) -> Listing | Missing:
    value = effective.settings.get("pubkeyacceptedalgorithms", [""])[0]
    if not value or value[0] in "+-^":
        return Missing(Reason.UNSUPPORTED, "the key algorithms built into this version of sshd are not known")
    return Listing(value.split(","))


def _key_paths(effective: Effective, host: Host) -> list[str]:
    stated = effective.settings.get("hostkey")
    return [path for path in stated if path != "none"] if stated else [key for key in HOST_KEYS if _exists(host, key)]


def _host_key(host: Host, path: str) -> dict[str, object]:
    try:
        text = host.read(f"{path}.pub", limit=64 << 10)
        kind, bits = public_key(text)
    except LookError as error:
        return {"path": path, "kind": error.missing, "bits": error.missing}
    except ValueError as error:
        missing = Missing(Reason.ERROR, f"{path}.pub: {error}")
        return {"path": path, "kind": missing, "bits": missing}
    return {"path": path, "kind": kind, "bits": bits}


def public_key(text: str) -> tuple[str, int]:
    """The kind and size in bits of an OpenSSH public key line (RFC 4253, 6.6). Raises ``ValueError``."""
    words = text.split()
    if len(words) < 2:
        raise ValueError("it is not a public key")
    kind = words[0]
    try:
        blob = base64.b64decode(words[1], validate=True)
    except binascii.Error as error:
        raise ValueError("its key is not base64") from error
    parts = []
    while blob:
        size = int.from_bytes(blob[:4], "big")
        if len(blob) < 4 + size:
            raise ValueError("its key is cut short")
        parts.append(blob[4:4 + size])
        blob = blob[4 + size:]
    if not parts or parts[0].decode("latin-1") != kind:
        raise ValueError("its kind and its key disagree")
    sizes = {"ssh-ed25519": 256, "ecdsa-sha2-nistp256": 256, "ecdsa-sha2-nistp384": 384, "ecdsa-sha2-nistp521": 521}
    if kind in sizes:
        return kind, sizes[kind]
    number = {"ssh-rsa": 2, "ssh-dss": 1}.get(kind)
    if number is None or len(parts) <= number:
        raise ValueError(f"keys of the kind {kind} are not known here")
    return kind, int.from_bytes(parts[number], "big").bit_length()


def pam_factors(host: Host) -> Listing:
    """The second-factor modules that SSH's PAM stack asks."""
    return Listing(list(_pam_factors(host)))


def _pam_factors(host: Host) -> list[dict[str, object]]:
    try:
        entries = _pam.stack(host.read, "sshd")
    except _pam.StackFault as fault:
        raise Unreadable(str(fault)) from fault
    except NotThere as error:
        if error.what == "/etc/pam.d/sshd":
            return []
        raise
    asked = [entry for entry in entries if entry.kind == "auth"]
    return [
        {"module": entry.module, "control": entry.control,
         "enforced": entry.enforced and "nullok" not in entry.arguments and not _pam.passed_by(asked, index)}
        for index, entry in enumerate(asked) if entry.module in MFA_MODULES
    ]


def _newer(host: Host, options: tuple[str, ...], main: str) -> object:
    """Whether a configuration file changed after the daemon last started or reloaded; absent: it does not run."""
    if host.kind == "image":
        raise Unsupported("an image runs no daemon")
    try:
        started = host.stat(PID_FILE).mtime
    except NotThere:
        return ABSENT
    newest: datetime = max(host.stat(host.resolve(path)).mtime for path in _files(host, options, main).files)
    return newest > started


def _exists(host: Host, path: str) -> bool:
    try:
        host.stat(path)
    except NotThere:
        return False
    return True


_TEXTS = {
    "sshd.permit_root_login": "permitrootlogin", "sshd.log_level": "loglevel", "sshd.banner": "banner",
    "sshd.authentication_methods": "authenticationmethods", "sshd.key_options": "pubkeyauthoptions",
    "sshd.permit_user_environment": "permituserenvironment", "sshd.allow_tcp_forwarding": "allowtcpforwarding",
    "sshd.ignore_rhosts": "ignorerhosts",
}
_SWITCHES = {
    "sshd.password_authentication": "passwordauthentication",
    "sshd.keyboard_interactive": "kbdinteractiveauthentication",
    "sshd.key_authentication": "pubkeyauthentication", "sshd.permit_empty_passwords": "permitemptypasswords",
    "sshd.x11_forwarding": "x11forwarding", "sshd.host_based_authentication": "hostbasedauthentication",
    "sshd.strict_modes": "strictmodes", "sshd.use_pam": "usepam",
}
_NUMBERS = {
    "sshd.max_auth_tries": "maxauthtries", "sshd.login_grace_time": "logingracetime",
    "sshd.client_alive_interval": "clientaliveinterval", "sshd.client_alive_count": "clientalivecountmax",
}
_GATHERED = {
    "sshd.allow_users": "allowusers", "sshd.allow_groups": "allowgroups", "sshd.deny_users": "denyusers",
    "sshd.deny_groups": "denygroups",
}
_ALGORITHMS = {"sshd.ciphers": "ciphers", "sshd.macs": "macs", "sshd.key_exchanges": "kexalgorithms"}

FACTS = (
    Fact("sshd.installed", Type.BOOL, "Whether the OpenSSH daemon is installed", Disclosure.SHARED),
    Fact("sshd.settings_from", Type.TEXT, "daemon: asked with sshd -T; files: read from its configuration",
         Disclosure.SHARED),
    Fact("sshd.permit_root_login", Type.TEXT, "Whether root may sign in: yes, no, prohibit-password or "
         "forced-commands-only", Disclosure.SHARED),
    Fact("sshd.password_authentication", Type.BOOL, "Whether a password alone is asked and accepted",
         Disclosure.SHARED),
    Fact("sshd.keyboard_interactive", Type.BOOL, "Whether questions are asked by PAM: with UsePAM a password gets in "
         "this way too", Disclosure.SHARED),
    Fact("sshd.key_authentication", Type.BOOL, "Whether keys are accepted", Disclosure.SHARED),
    Fact("sshd.authentication_methods", Type.TEXT, "The combinations of methods that are accepted; any: one suffices",
         Disclosure.SHARED),
    Fact("sshd.authentication_factors", Type.INT, "How many different methods the weakest accepted combination needs",
         Disclosure.SHARED, unit="methods"),
    Fact("sshd.key_options", Type.TEXT, "What is asked of keys: none, touch-required, verify-required",
         Disclosure.SHARED),
    Fact("sshd.key_algorithms", Type.TEXTS, "The kinds of user keys accepted", Disclosure.SHARED),
    Fact("sshd.use_pam", Type.BOOL, "Whether PAM decides about accounts and questions", Disclosure.SHARED),
    Fact("sshd.permit_empty_passwords", Type.BOOL, "Whether an account without a password may sign in",
         Disclosure.SHARED),
    Fact("sshd.host_based_authentication", Type.BOOL, "Whether another machine's word is enough",
         Disclosure.SHARED),
    Fact("sshd.ignore_rhosts", Type.TEXT, "Whether users' own trust files are ignored: yes, no, shosts-only",
         Disclosure.SHARED),
    Fact("sshd.permit_user_environment", Type.TEXT, "Whether users may set their environment: no, yes or a pattern",
         Disclosure.SHARED),
    Fact("sshd.strict_modes", Type.BOOL, "Whether key files others can write are refused", Disclosure.SHARED),
    Fact("sshd.x11_forwarding", Type.BOOL, "Whether graphical sessions may be forwarded", Disclosure.SHARED),
    Fact("sshd.allow_tcp_forwarding", Type.TEXT, "Whether connections may be forwarded: yes, no, local, remote",
         Disclosure.SHARED),
    Fact("sshd.max_auth_tries", Type.INT, "Tries before a connection is closed", Disclosure.SHARED),
    Fact("sshd.login_grace_time", Type.DURATION, "Time to sign in; 0 is for ever", Disclosure.SHARED, unit="s"),
    Fact("sshd.client_alive_interval", Type.DURATION, "Silence after which the client is asked for a sign of life; "
         "0 never", Disclosure.SHARED, unit="s"),
    Fact("sshd.client_alive_count", Type.INT, "Unanswered questions before a session is closed", Disclosure.SHARED),
    Fact("sshd.log_level", Type.TEXT, "How much is logged: quiet, fatal, error, info, verbose, debug …",
         Disclosure.SHARED),
    Fact("sshd.banner", Type.TEXT, "The file shown before sign-in; absent: none", Disclosure.SHARED),
    Fact("sshd.allow_users", Type.TEXTS, "The only accounts let in; empty: no such limit", Disclosure.COUNTED),
    Fact("sshd.allow_groups", Type.TEXTS, "The only groups let in; empty: no such limit", Disclosure.COUNTED),
    Fact("sshd.deny_users", Type.TEXTS, "Accounts kept out", Disclosure.COUNTED),
    Fact("sshd.deny_groups", Type.TEXTS, "Groups kept out", Disclosure.COUNTED),
    Fact("sshd.ciphers", Type.TEXTS, "Ciphers offered", Disclosure.SHARED),
    Fact("sshd.macs", Type.TEXTS, "Message authentication codes offered", Disclosure.SHARED),
    Fact("sshd.key_exchanges", Type.TEXTS, "Key exchanges offered", Disclosure.SHARED),
    Fact("sshd.host_keys", Type.RECORDS, "The keys by which the machine proves itself", Disclosure.SHARED, fields=(
        Field("path", Type.TEXT, "The private key's file"),
        Field("kind", Type.TEXT, "The algorithm: ssh-ed25519, ssh-rsa …"),
        Field("bits", Type.INT, "The size of the key"),
    )),
    Fact("sshd.match_blocks", Type.RECORDS, "Settings that hold for some connections only", Disclosure.COUNTED, fields=(
        Field("criteria", Type.TEXT, "For whom, as written after Match"),
        Field("keyword", Type.TEXT, "The setting, in lower case"),
        Field("value", Type.TEXT, "Its value, in lower case"),
        Field("file", Type.TEXT, "The file it stands in"),
        Field("line", Type.INT, "Its line"),
    )),
    Fact("sshd.config_newer_than_daemon", Type.BOOL, "Whether the configuration changed after the daemon last read "
         "it; absent: it does not run", Disclosure.SHARED),
    Fact("sshd.pam_factors", Type.RECORDS, "Second-factor modules in SSH's PAM stack", Disclosure.SHARED, fields=(
        Field("module", Type.TEXT, "The module"),
        Field("enforced", Type.BOOL, "Whether nobody gets past it: required, not skipped for those not enrolled, and "
              "no module before it lets somebody in or jumps over it"),
        Field("control", Type.TEXT, "Its control in the stack"),
    )),
)

_SETTINGS = tuple(
    fact.id for fact in FACTS
    if fact.id not in ("sshd.installed", "sshd.match_blocks", "sshd.config_newer_than_daemon", "sshd.pam_factors")
)

COLLECTOR = Collector(
    name="sshd",
    platforms=frozenset({Platform.LINUX}),
    facts=FACTS,
    collect=collect,
    reads=(PROGRAM, "/etc/ssh/", "/etc/crypto-policies/back-ends/", "/usr/share/crypto-policies/", "/etc/pam.d/",
           PID_FILE, "/proc/*/cmdline"),
    runs=("sshd -T",),
    needs="sshd -T needs root, or the capability CAP_DAC_READ_SEARCH",
)
