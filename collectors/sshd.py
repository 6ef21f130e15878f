"""sshd: what the SSH daemon allows.

Asks ``sshd -T``, with the running daemon's own options, for the effective configuration. It answers to
root alone, and only where the daemon's run directory exists; in an image, and where that directory is
missing, the files are read with the daemon's precedence and its compiled-in values. Settings under
``Match`` are not taken for everyone's: they are listed apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial

from collectors import _pam, _second_factors, _sshd_start, os_release
from collectors._glob import expand
from collectors._sshd_config import MAIN, Config, factors, parse_effective, parse_files
from collectors._sshd_keys import host_key
from collectors._sshd_settings import Effective, records
from collectors._sshd_values import algorithms, canonical, seconds, version_of
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
from collectors.host.protocol import Denied, Host, LookError, NotThere, Unreadable, Unsupported
from hustings.declared import Declared

PROGRAM = "/usr/sbin/sshd"
VENDOR_MAIN = "/usr/etc/ssh/sshd_config"
"""Read by SUSE's sshd where there is no ``/etc/ssh/sshd_config``."""
HOST_KEYS = tuple(f"/etc/ssh/ssh_host_{kind}_key" for kind in ("rsa", "ecdsa", "ed25519"))


def collect(host: Host, declared: Declared) -> Collected:
    if not _exists(host, PROGRAM):
        return {"sshd.installed": False} | dict.fromkeys((fact.id for fact in FACTS[1:]), ABSENT)
    return {"sshd.installed": True} | gather({
        tuple(fact.id for fact in FACTS[1:] if fact.id not in _APART): lambda: _configured(host),
        ("sshd.version",): lambda: {"sshd.version": _version(host)},
        ("sshd.pam_factors",): lambda: {"sshd.pam_factors": Listing(_second_factors.of(host))},
    })


def _configured(host: Host) -> Collected:
    """Every fact of the configuration: what is asked and what is read, each a reason of its own."""
    options, main = _sshd_start.options(host)
    main = main or _main(host)
    config = _files(host, options, main)
    known = gather({_SETTINGS: lambda: settings_facts(effective(host, options, main, config), config, host)})
    accepted = known["sshd.settings_from"] == "daemon"
    return known | gather({
        ("sshd.match_blocks",): lambda: match_blocks(_known(config), accepted),
        ("sshd.refused",): lambda: {"sshd.refused": Listing(
            [] if accepted else _refusal(known["sshd.settings_from"]) or list(_known(config).faults))},
        ("sshd.config_newer_than_daemon",): lambda: {
            "sshd.config_newer_than_daemon": _newer(host, _known(config))},
    })


def _refusal(answer: object) -> list[str]:
    """The line for which ``sshd -T`` refused its configuration, if that is why it did not answer."""
    refused = isinstance(answer, Missing) and re.search(r"\bline \d+|bad configuration", answer.detail, re.IGNORECASE)
    return [answer.detail] if isinstance(answer, Missing) and refused else []


def _main(host: Host) -> str:
    return VENDOR_MAIN if not _exists(host, MAIN) and _exists(host, VENDOR_MAIN) else MAIN


def effective(host: Host, options: tuple[str, ...], main: str, config: Config | Missing) -> Effective:
    """The settings that hold for every connection. Raises ``LookError``."""
    if host.kind != "image":
        settings = _asked(host, options, main)
        if settings is not None:
            return Effective(settings, "daemon", version_of(host.read_bytes(PROGRAM)))
    known = _known(config)
    return Effective(known.settings(), "files", version_of(host.read_bytes(PROGRAM)), _family(host),
                     tuple(known.faults))


def _known(config: Config | Missing) -> Config:
    if isinstance(config, Missing):
        raise LookError(config.reason, config.detail)
    return config


def _version(host: Host) -> object:
    version = version_of(host.read_bytes(PROGRAM))
    if version is None:
        raise Unreadable(f"{PROGRAM} does not say which version of OpenSSH it is")
    return ".".join(map(str, version))


def _family(host: Host) -> frozenset[str]:
    """The distribution's names, ID and ID_LIKE; none where the machine does not say."""
    try:
        return frozenset(os_release.family(os_release.text(host)))
    except NotThere:
        return frozenset()


def _asked(host: Host, options: tuple[str, ...], main: str) -> dict[str, list[str]] | None:
    """What ``sshd -T`` says, or None where it cannot be asked although nothing is wrong."""
    own = main not in (MAIN, VENDOR_MAIN)
    arguments = ["-T", *(part for one in options for part in ("-o", one)), *(["-f", main] if own else [])]
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


def _files(host: Host, options: tuple[str, ...], main: str) -> Config | Missing:
    try:
        return parse_files(host.read, lambda pattern: expand(host, pattern), main, options)
    except LookError as error:
        return error.missing


def match_blocks(config: Config, accepted: bool) -> Collected:
    """Every line below a Match; ``accepted`` says that the daemon itself took the configuration."""
    items = [{"criteria": line.criteria, "keyword": line.keyword, "value": line.value.lower(),
              "file": line.file, "line": line.line} for line in config.lines if line.criteria]
    refused = config.unread if accepted else config.faults
    why = Missing(Reason.ERROR, refused[0]) if refused else None
    return {"sshd.match_blocks": Listing(items, why is None, why)}


def settings_facts(effective: Effective, config: Config | Missing, host: Host) -> Collected:
    """Every setting as a fact; one whose value is not known is a reason of its own."""
    found: Collected = {"sshd.settings_from": effective.source, "sshd.settings": records(effective, config)}
    for keywords, convert in ((_TEXTS, _normal), (_SWITCHES, _switch), (_NUMBERS, seconds)):
        for fact, keyword in keywords.items():
            found[fact] = _converted(effective, keyword, convert)
    for fact, keyword in _GATHERED.items():
        found[fact] = _gathered(effective, keyword)
    for fact, keyword in _ALGORITHMS.items():
        found[fact] = _algorithms(effective, keyword)
    for part, name in enumerate(("start", "rate", "full")):
        found[f"sshd.startups_{name}"] = _startups(effective, part)
    found["sshd.rekey_bytes"], found["sshd.rekey_time"] = _rekeying(effective, 0), _rekeying(effective, 1)
    found["sshd.banner"] = ABSENT if found["sshd.banner"] == "none" else found["sshd.banner"]
    found["sshd.key_algorithms"] = _key_algorithms(effective)
    found["sshd.authentication_factors"] = _converted(effective, "authenticationmethods", partial(_factors, host))
    found["sshd.host_keys"] = Listing([host_key(host, path) for path in _key_paths(effective, host)])
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
    questions = typed and any(record["enforced"] for record in _second_factors.of(host))
    return factors(methods, questions=questions)


def _normal(value: str) -> str:
    lowered = value.lower()
    return "prohibit-password" if lowered == "without-password" else value if "/" in value else lowered


def _switch(value: str) -> bool:
    if value.lower() not in ("yes", "no", "true", "false"):
        raise ValueError(f"{value!r} is neither yes nor no")
    return value.lower() in ("yes", "true")


def _gathered(effective: Effective, keyword: str) -> Listing:
    why = Missing(Reason.ERROR, effective.faults[0]) if effective.faults else None
    return Listing([word for value in effective.settings.get(keyword, []) for word in value.split()],
                   why is None, why)


def _startups(effective: Effective, part: int) -> object:
    return _converted(effective, "maxstartups", lambda value: int(canonical("maxstartups", value).split(":")[part]))


def _rekeying(effective: Effective, part: int) -> object:
    return _converted(effective, "rekeylimit", lambda value: int(canonical("rekeylimit", value).split()[part]))


def _algorithms(effective: Effective, keyword: str) -> Listing | Missing:
    if effective.faults:
        return Missing(Reason.ERROR, effective.faults[0])
    value = effective.settings[keyword][0] if keyword in effective.settings else None
    known = algorithms(keyword, value, effective.version)
    if known is None:
        return Missing(Reason.UNSUPPORTED, f"the {keyword} built into this version of sshd are not known")
    return Listing(known)


def _key_algorithms(effective: Effective) -> Listing | Missing:
    value = effective.settings.get("pubkeyacceptedalgorithms", [""])[0]
    if effective.faults:
        return Missing(Reason.ERROR, effective.faults[0])
    if not value or value[0] in "+-^":
        return Missing(Reason.UNSUPPORTED, "the key algorithms built into this version of sshd are not known")
    return Listing(value.split(","))


def _key_paths(effective: Effective, host: Host) -> list[str]:
    stated = effective.settings.get("hostkey")
    return [path for path in stated if path != "none"] if stated else [key for key in HOST_KEYS if _exists(host, key)]


def _newer(host: Host, config: Config) -> object:
    """Whether a configuration file changed after the daemon last started or reloaded; absent: it does not run."""
    if host.kind == "image":
        raise Unsupported("an image runs no daemon")
    try:
        started = host.stat(_sshd_start.PID_FILE).mtime
    except NotThere:
        return ABSENT
    newest: datetime = max(host.stat(host.resolve(path)).mtime for path in config.files)
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
    "sshd.ignore_user_known_hosts": "ignoreuserknownhosts", "sshd.disable_forwarding": "disableforwarding",
}
_NUMBERS = {
    "sshd.max_auth_tries": "maxauthtries", "sshd.max_sessions": "maxsessions",
    "sshd.login_grace_time": "logingracetime",
    "sshd.client_alive_interval": "clientaliveinterval", "sshd.client_alive_count": "clientalivecountmax",
}
_GATHERED = {
    "sshd.allow_users": "allowusers", "sshd.allow_groups": "allowgroups", "sshd.deny_users": "denyusers",
    "sshd.deny_groups": "denygroups",
}
_ALGORITHMS = {"sshd.ciphers": "ciphers", "sshd.macs": "macs", "sshd.key_exchanges": "kexalgorithms"}

FACTS = (
    Fact("sshd.installed", Type.BOOL, "Whether the OpenSSH daemon is installed", Disclosure.SHARED),
    Fact("sshd.version", Type.VERSION, "The daemon's OpenSSH version, without its patch level", Disclosure.SHARED),
    Fact("sshd.settings_from", Type.TEXT, "daemon: asked with sshd -T; files: read from its configuration",
         Disclosure.SHARED),
    Fact("sshd.settings", Type.RECORDS, "Every setting known to this product as it is in force for all connections, "
         "and where that comes from", Disclosure.SHARED, fields=(
             Field("keyword", Type.TEXT, "The setting, in lower case"),
             Field("value", Type.TEXT, "Its value as sshd -T writes it (prohibit-password for without-password, "
                   "delayed for a compression of yes, which is the same); empty for lists of people and for settings "
                   "this daemon no longer has"),
             Field("number", Type.INT, "The number in it: a count, seconds, the first of several, or how many people "
                   "are named"),
             Field("origin", Type.TEXT, "stated: written in a file or option; built-in: the daemon's own value; "
                   "removed: this daemon has no such setting and none is stated"),
             Field("contradictions", Type.INT, "How many further lines would make it something else, for all "
                   "connections or for some"),
             Field("valid", Type.BOOL, "Whether every line of it is one that the daemon accepts"),
             Field("file", Type.TEXT, "The file of the line that counts; empty where it is not stated"),
             Field("line", Type.INT, "Its line; 0 where it is not stated"),
         )),
    Fact("sshd.refused", Type.TEXTS, "Lines for which the daemon would refuse its configuration", Disclosure.COUNTED),
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
    Fact("sshd.max_sessions", Type.INT, "Sessions that one connection may open", Disclosure.SHARED),
    Fact("sshd.startups_start", Type.INT, "Connections not signed in yet from which some are refused",
         Disclosure.SHARED),
    Fact("sshd.startups_rate", Type.INT, "How many of a hundred are refused from there on", Disclosure.SHARED),
    Fact("sshd.startups_full", Type.INT, "Connections not signed in yet from which all are refused",
         Disclosure.SHARED),
    Fact("sshd.rekey_bytes", Type.INT, "Bytes after which the session's key is changed; 0: the cipher's own limit",
         Disclosure.SHARED, unit="bytes"),
    Fact("sshd.rekey_time", Type.DURATION, "Time after which the session's key is changed; 0: never for time alone",
         Disclosure.SHARED, unit="s"),
    Fact("sshd.ignore_user_known_hosts", Type.BOOL, "Whether users' own lists of known machines are ignored when "
         "another machine vouches for a user", Disclosure.SHARED),
    Fact("sshd.disable_forwarding", Type.BOOL, "Whether all forwarding is off, whatever else is said",
         Disclosure.SHARED),
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

_APART = frozenset({"sshd.version", "sshd.pam_factors"})
_SETTINGS = tuple(
    fact.id for fact in FACTS[1:]
    if fact.id not in _APART | {"sshd.match_blocks", "sshd.config_newer_than_daemon", "sshd.refused"}
)

COLLECTOR = Collector(
    name="sshd",
    platforms=frozenset({Platform.LINUX}),
    facts=FACTS,
    collect=collect,
    reads=(PROGRAM, "/etc/ssh/", "/usr/etc/ssh/", "/etc/crypto-policies/back-ends/",
           *(f"{place}/" for place in _pam.PLACES), *os_release.FILES, *_sshd_start.READS),
    runs=("sshd -T",),
    needs="sshd -T needs root, or the capability CAP_DAC_READ_SEARCH",
)
