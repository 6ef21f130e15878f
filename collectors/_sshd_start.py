"""With which options the SSH daemon runs, or would be started: they outrank its files.

A running daemon tells by its process title. Else its systemd unit does: the last ``ExecStart=`` over the
unit and its drop-ins, with the variables of its ``EnvironmentFile=`` (systemd.service(5), systemd.exec(5)).
Red Hat 8 hands the system-wide crypto policy over this way.
"""

from __future__ import annotations

import posixpath
import re
import shlex

from collectors.host.protocol import Host, NotThere, Unreadable, Unsupported, list_optional, read_optional

PID_FILE = "/run/sshd.pid"
_UNITS = ("ssh.service", "sshd.service")
_UNIT_DIRECTORIES = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_ENVIRONMENTS = ("/etc/default/ssh", "/etc/sysconfig/sshd", "/etc/sysconfig/ssh",
                 "/etc/crypto-policies/back-ends/opensshserver.config", "/etc/sysconfig/sshd-permitrootlogin")
READS = (PID_FILE, "/proc/*/cmdline", *_ENVIRONMENTS, "/usr/share/crypto-policies/",
         *(f"{directory}/{unit}" for directory in _UNIT_DIRECTORIES for unit in _UNITS),
         *(f"{directory}/{unit}.d/" for directory in _UNIT_DIRECTORIES for unit in _UNITS))


def options(host: Host) -> tuple[tuple[str, ...], str]:
    """The ``-o`` settings and the ``-f`` file ("" for the usual one). Raises ``LookError``."""
    pid = (read_optional(host, PID_FILE) or "").strip() if host.kind == "live" else ""
    title = read_optional(host, f"/proc/{pid}/cmdline") if pid.isdigit() else None
    return daemon_options(title) if title else daemon_options(_command(host))


def daemon_options(title: str) -> tuple[tuple[str, ...], str]:
    """The options in a running daemon's process title, or in a command line.

    The listening daemon calls itself ``sshd: /usr/sbin/sshd -D -o X=y [listener] 0 of 10-100 startups``.
    """
    listener = re.match(r"sshd: (.+) \[listener\]", title)
    words = listener[1].split() if listener else title.replace("\0", " ").split()
    found, main = [], ""
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ""
        if word[:2] == "-o":
            found.append(word[2:] or following)
        elif word[:2] == "-f":
            main = word[2:] or following
    return tuple(found), main


def _command(host: Host) -> str:
    """The command line of the daemon's unit, or "" if it has none."""
    for unit in _UNITS:
        texts = _texts(host, unit)
        if texts:
            starts, environments = parse_unit(texts)
            return expanded(starts[-1], _variables(host, environments)) if starts else ""
    return ""


def _texts(host: Host, unit: str) -> list[str]:
    """A unit's text and those of its drop-ins in order; none if there is no such unit."""
    main = next((text for directory in _UNIT_DIRECTORIES
                 if (text := _unit(host, f"{directory}/{unit}")) is not None), None)
    if main is None:
        return []
    drop_ins = {name: f"{directory}/{unit}.d/{name}" for directory in reversed(_UNIT_DIRECTORIES)
                for name in list_optional(host, f"{directory}/{unit}.d") if name.endswith(".conf")}
    return [main, *(host.read(drop_ins[name]) for name in sorted(drop_ins))]


def _unit(host: Host, path: str) -> str | None:
    """A unit's text; a link to ``/dev/null`` masks it."""
    try:
        if posixpath.basename(host.resolve(path)) == "null":
            return ""
        return host.read(path)
    except NotThere:
        return None


def parse_unit(texts: list[str]) -> tuple[list[str], list[str]]:
    """The commands of ``ExecStart=`` and the files of ``EnvironmentFile=``; an empty value clears them."""
    found: dict[str, list[str]] = {"ExecStart": [], "EnvironmentFile": []}
    for text in texts:
        for line in text.replace("\\\n", " ").splitlines():
            name, equals, value = line.partition("=")
            if equals and name.strip() in found:
                if value.strip():
                    found[name.strip()].append(value.strip())
                else:
                    found[name.strip()].clear()
    return found["ExecStart"], found["EnvironmentFile"]


def _variables(host: Host, environments: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in environments:
        path = one.removeprefix("-")
        if path not in _ENVIRONMENTS:
            raise Unsupported(f"the SSH daemon's unit takes options from {path}, which is not read")
        text = read_optional(host, path) if one.startswith("-") else host.read(path)
        found |= parse_environment(text or "", path)
    return found


def parse_environment(text: str, where: str) -> dict[str, str]:
    """The assignments of an environment file. Raises ``Unreadable`` for a quote that is not closed."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and name[:1] not in "#;" and name.isidentifier():
            try:
                found[name] = " ".join(shlex.split(value))
            except ValueError as error:
                raise Unreadable(f"{where}: {line.strip()!r}: {error}") from error
    return found


def expanded(command: str, variables: dict[str, str]) -> str:
    """A command with ``$NAME`` and ``${NAME}`` replaced; one that is not set is nothing."""
    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda found: variables.get(found[1] or found[2], ""), command)
