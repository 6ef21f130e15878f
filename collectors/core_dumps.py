"""core_dumps: whether the memory of a program that crashed is written out, and to whom.

Three things decide: the limit that pam_limits(8) gives each session, what systemd-coredump(8) keeps, and
crash reporters such as Apport. pam_limits reads ``limits.conf`` and then ``limits.d`` in the order of the
names; the last line about a group of accounts wins, and one that names an account or group outranks ``*``.
"""

from __future__ import annotations

from functools import partial

from collectors._fragments import fragments, settings, text_of
from collectors._systemd import DIRECTORY, PACKAGED, enabled, entry, masked
from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Field, Listing, Platform, Type, gather
from collectors.host.protocol import Host, read_optional
from hustings.declared import Declared

_LIMITS, _LIMITS_D = "/etc/security/limits.conf", "/etc/security/limits.d"
_PROGRAM = ("/usr/lib/systemd/systemd-coredump", "/lib/systemd/systemd-coredump")
_CONF = "/etc/systemd/coredump.conf"
_PACKAGED = ("/usr/lib/systemd/coredump.conf", "/lib/systemd/coredump.conf")
_DROPINS = ("/etc/systemd/coredump.conf.d", "/run/systemd/coredump.conf.d", "/usr/local/lib/systemd/coredump.conf.d",
            "/usr/lib/systemd/coredump.conf.d", "/lib/systemd/coredump.conf.d")
_BUILT_IN = {"Storage": "external", "ProcessSizeMax": "32G"}
_REPORTERS = {"apport": ("/usr/share/apport/apport", "apport.service"),
              "whoopsie": ("/usr/bin/whoopsie", "whoopsie.service")}


def parse_limits(text: str) -> list[tuple[str, str]]:
    """(whom, value) of each hard limit on core files (limits.conf(5)); ``-`` sets both limits."""
    found = []
    for line in text.splitlines():
        words = line.split("#", 1)[0].split()
        if len(words) == 4 and words[1] in ("hard", "-") and words[2] == "core":
            found.append((words[0], words[3]))
    return found


def collect(host: Host, declared: Declared) -> Collected:
    """The limits, systemd-coredump's settings and the crash reporters, each on its own."""
    return gather({
        ("dumps.limits",): lambda: {"dumps.limits": Listing(_limits(host))},
        ("dumps.settings",): lambda: {"dumps.settings": Listing(_settings(host))},
        **{(f"dumps.{name}",): partial(_reporter, host, name) for name in _REPORTERS},
    })


def _limits(host: Host) -> list[object]:
    main = [(_LIMITS, *one) for one in parse_limits(text_of(host, _LIMITS))]
    more = [(path, *one) for path in fragments(host, (_LIMITS_D,)) for one in parse_limits(text_of(host, path))]
    everyone = [one for one in (*main, *more) if one[1] == "*"]
    split = any(one[1] == "*" for one in more)
    records: list[object] = []
    for path, whom, value in (*main, *more):
        standing = "exception"
        if whom == "*":
            standing = "overruled" if split and path == _LIMITS else "beside"
            if (path, whom, value) == everyone[-1]:
                standing = "in force"
        records.append({"source": path, "whom": whom, "value": value, "standing": standing})
    return records


def _settings(host: Host) -> list[object]:
    installed = any(entry(host, path) is not None for path in _PROGRAM)
    main = next(((path, text) for path in (_CONF, *_PACKAGED) if (text := read_optional(host, path)) is not None), None)
    files = [*([main] if main else []), *((path, text_of(host, path)) for path in fragments(host, _DROPINS))]
    records: list[object] = []
    for name, built_in in _BUILT_IN.items():
        said = [(path, value) for path, text in files for key, value in settings(text, "Coredump") if key == name]
        records += [{"name": name, "value": value, "source": path, "standing": "beside"} for path, value in said[:-1]]
        path, value = said[-1] if said else ("", built_in)
        records.append({"name": name, "value": value, "source": path,
                        "standing": "in force" if installed else "unused"})
    return records


def _reporter(host: Host, name: str) -> Collected:
    program, unit = _REPORTERS[name]
    if entry(host, program) is None:
        return {f"dumps.{name}": ABSENT}
    if masked(host, unit):
        return {f"dumps.{name}": "masked"}
    return {f"dumps.{name}": "enabled" if enabled(host, unit) else "disabled"}


COLLECTOR = Collector(
    name="core_dumps",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("dumps.limits", Type.RECORDS, "Lines that set the hard limit of core files", Disclosure.COUNTED, fields=(
            Field("source", Type.TEXT, "The file"),
            Field("whom", Type.TEXT, "Whom it is for: * for every account but root"),
            Field("value", Type.TEXT, "The limit in KiB, or unlimited"),
            Field("standing", Type.TEXT, "in force, beside (another line for everyone, outdone by a later one), "
                  "overruled (in limits.conf while limits.d has its own) or exception (for some accounts)"),
        )),
        Fact("dumps.settings", Type.RECORDS, "What systemd-coredump keeps of a crash", Disclosure.SHARED, fields=(
            Field("name", Type.TEXT, "Storage or ProcessSizeMax"),
            Field("value", Type.TEXT, "Its value"),
            Field("source", Type.TEXT, "The file; empty for what is built in"),
            Field("standing", Type.TEXT, "in force, beside (outdone by a later line) or unused (systemd-coredump is "
                                         "not installed)"),
        )),
        *(Fact(f"dumps.{name}", Type.TEXT, f"Whether {name.capitalize()} collects crash reports: enabled, disabled or "
               "masked; absent where it is not installed", Disclosure.SHARED) for name in _REPORTERS),
    ),
    collect=collect,
    reads=(_LIMITS, f"{_LIMITS_D}/", _CONF, *_PACKAGED, *(f"{one}/" for one in _DROPINS), f"{DIRECTORY}/",
           *(f"{one}/" for one in PACKAGED)),
    stats=(*_PROGRAM, *(program for program, _ in _REPORTERS.values())),
)
