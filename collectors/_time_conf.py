"""The settings of chrony, ntpd and systemd-timesyncd as they read them: pure parsers and where the files are.

Sources: chrony.conf(5), ntp.conf(5), timesyncd.conf(5).
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from collectors import _glob
from collectors._fragments import fragments, present, settings, text_of
from collectors.host.protocol import Host, list_optional, read_optional

CHRONY = ("/etc/chrony/chrony.conf", "/etc/chrony.conf")
NTP = ("/etc/ntp.conf", "/etc/ntpsec/ntp.conf")
TIMESYNCD = ("/etc/systemd/timesyncd.conf", "/run/systemd/timesyncd.conf", "/usr/lib/systemd/timesyncd.conf")
_TIMESYNCD_D = ("/etc/systemd/timesyncd.conf.d", "/run/systemd/timesyncd.conf.d",
                "/usr/local/lib/systemd/timesyncd.conf.d", "/usr/lib/systemd/timesyncd.conf.d")
READS = ("/etc/chrony/", "/etc/chrony.conf", "/etc/chrony.d/", "/run/chrony-dhcp/", "/run/chrony.d/",
         "/usr/share/chrony/", *NTP, "/etc/ntp/", "/etc/ntpsec/", *TIMESYNCD, *(f"{one}/" for one in _TIMESYNCD_D))
_COMMENTS = ("!", ";", "#", "%")
_SOURCES = frozenset({"server", "pool", "peer"})
_DEPTH = 8


@dataclass(frozen=True)
class Source:
    """Where the time comes from. ``maxpoll`` is None where the line does not say it."""

    service: str
    kind: str
    """``server``, ``pool``, ``peer`` or ``fallback``."""
    name: str
    maxpoll: int | None = None


def directives(text: str) -> list[list[str]]:
    """The words of each line of ``chrony.conf`` or ``ntp.conf``; the first in small letters."""
    found = []
    for line in map(str.strip, text.splitlines()):
        words = line.split()
        if words and not line.startswith(_COMMENTS):
            rest = next((index for index, word in enumerate(words) if word.startswith("#")), len(words))
            found.append([words[0].lower(), *words[1:rest]])
    return found


def source(service: str, words: list[str]) -> Source | None:
    """The source one line names, or None for another line."""
    if words[0] not in _SOURCES or len(words) < 2:
        return None
    options = [word.lower() for word in words[2:]]
    given = options[options.index("maxpoll") + 1] if "maxpoll" in options[:-1] else ""
    return Source(service, words[0], words[1], int(given) if given.lstrip("-").isdigit() else None)


def timesyncd(texts: list[str]) -> dict[str, list[str]]:
    """The lists ``NTP`` and ``FallbackNTP`` of several files: words add up, an empty assignment starts anew."""
    found: dict[str, list[str]] = {}
    for text in texts:
        for name, value in settings(text, "Time"):
            found[name] = [*found.get(name, []), *value.split()] if value else []
    return found


def chrony(host: Host) -> list[list[str]]:
    """Every line chronyd reads, with those of files it includes in their place."""
    main = next((path for path in CHRONY if read_optional(host, path) is not None), None)
    return _with_included(host, main, 0) if main else []


def _with_included(host: Host, path: str, depth: int) -> list[list[str]]:
    lines = []
    for words in directives(read_optional(host, path) or ""):
        lines.append(words)
        if depth >= _DEPTH or len(words) < 2:
            continue
        if words[0] == "include":
            for one in _glob.expand(host, words[1]):
                lines += _with_included(host, one, depth + 1)
        elif words[0] in ("confdir", "sourcedir"):
            suffix = ".conf" if words[0] == "confdir" else ".sources"
            for one in _in_directories(host, words[1:], suffix):
                lines += _with_included(host, one, depth + 1)
    return lines


def _in_directories(host: Host, directories: list[str], suffix: str) -> list[str]:
    """Files by name; of two with one name that in the first directory counts."""
    chosen: dict[str, str] = {}
    for directory in directories:
        for name in _names(host, directory):
            if name.endswith(suffix):
                chosen.setdefault(name, posixpath.join(directory, name))
    return [chosen[name] for name in sorted(chosen)]


def _names(host: Host, directory: str) -> list[str]:
    """The names in a directory; none below ``/run`` of an image, where there is nothing yet."""
    return list_optional(host, directory) if present(host, [directory]) else []


def sources(host: Host) -> list[Source]:
    """The sources of every time service that has settings here."""
    found = [one for words in chrony(host) if (one := source("chrony", words))]
    for path in NTP:
        text = read_optional(host, path)
        found += [one for words in directives(text or "") if (one := source("ntpd", words))]
    named = timesyncd(_timesyncd_texts(host))
    found += [Source("systemd-timesyncd", "server", name) for name in named.get("NTP", [])]
    return found + [Source("systemd-timesyncd", "fallback", name) for name in named.get("FallbackNTP", [])]


def _timesyncd_texts(host: Host) -> list[str]:
    """The main file, then the drop-ins."""
    main = next((text for path in present(host, TIMESYNCD) if (text := text_of(host, path))), "")
    return [main, *(host.read(path) for path in fragments(host, _TIMESYNCD_D))]
