"""modprobe.d(5) and modules-load.d(5): which kernel modules are kept from being loaded, and which are asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from collectors._fragments import fragments, text_of
from collectors.host.protocol import Host

DIRECTORIES = ("/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d",
               "/lib/modprobe.d")
LOADED = ("/etc/modules-load.d", "/run/modules-load.d", "/usr/local/lib/modules-load.d", "/usr/lib/modules-load.d",
          "/lib/modules-load.d")
READS = (*(f"{one}/" for one in (*DIRECTORIES, *LOADED)), "/etc/modules")
_NOTHING = frozenset({"/bin/false", "/bin/true", "/usr/bin/false", "/usr/bin/true", "/sbin/nologin",
                      "/usr/sbin/nologin"})
_FURTHER = re.compile(r"[;&|`$<>()]")
"""What lets a shell run more than the first command."""


@dataclass(frozen=True, slots=True)
class Rules:
    """``installs`` are (module pattern, command) in reading order: the first that matches is used."""

    installs: tuple[tuple[str, str], ...]
    blacklisted: frozenset[str]

    def stops(self, module: str) -> bool:
        """Whether asking for the module runs something that does nothing."""
        for pattern, command in self.installs:
            if fnmatchcase(name(module), pattern):
                return command.split(" ", 1)[0] in _NOTHING and not _FURTHER.search(command)
        return False


def parse(texts: Iterable[str]) -> Rules:
    """The rules of several files, in order."""
    installs, blacklisted = [], set()
    for text in texts:
        for line in text.replace("\\\n", " ").splitlines():
            words = line.split("#", 1)[0].split()
            if len(words) >= 3 and words[0] == "install":
                installs.append((name(words[1]), " ".join(words[2:])))
            elif len(words) == 2 and words[0] == "blacklist":
                blacklisted.add(name(words[1]))
    return Rules(tuple(installs), frozenset(blacklisted))


def rules(host: Host) -> Rules:
    """The rules in force. Raises ``LookError``."""
    return parse(text_of(host, path) for path in fragments(host, DIRECTORIES))


def asked_for(host: Host) -> frozenset[str]:
    """The modules that some file wants loaded at every start. Raises ``LookError``."""
    texts = [text_of(host, path) for path in (*fragments(host, LOADED), "/etc/modules")]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    return frozenset(name(line.split()[0]) for line in lines if line and line[0] not in "#;")


def name(module: str) -> str:
    """A module's name as the kernel writes it."""
    return module.replace("-", "_")
