"""macros: which macros LibreOffice runs, and whether users can lower the guard.

The level is ``MacroSecurityLevel`` of ``org.openoffice.Office.Common/Security/Scripting``: 3 trusted places
alone, 2 signed or trusted (as built), 1 after asking, 0 all; ``DisableMacrosExecution`` beside it stops all of
them, which we count as 4. Policy is an ``.xcd`` or ``.xcu`` file in the
program's registry; ``oor:finalized="true"`` there keeps users from choosing another.
Other office programs are not looked at.
"""

from __future__ import annotations

import re

from collectors._glob import expand
from collectors._systemd import entry
from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Platform, Type
from collectors.host.protocol import Host, Unreadable, list_optional
from hustings.declared import Declared

_PLACES = ("/usr/lib/libreoffice", "/usr/lib64/libreoffice", "/opt/libreoffice*")
_REGISTRIES = ("share/registry", "share/registry/res")
_DISTRIBUTION = "/etc/libreoffice/registry"
_BUILT_IN = 2
_SETTING = re.compile(r'<prop\b([^>]*\boor:name="(MacroSecurityLevel|DisableMacrosExecution)"[^>]*)>\s*'
                      r'<value>\s*(\w+)\s*</value>')


def parse_policy(text: str) -> tuple[int, bool] | None:
    """(level, whether it is forced) in one registry file; None if it does not set the level.

    Raises ``Unreadable`` for a level that LibreOffice does not know.
    """
    if "MacroSecurityLevel" not in text and "DisableMacrosExecution" not in text:
        return None
    level: tuple[int, bool] | None = None
    for attributes, name, value in _SETTING.findall(re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)):
        forced = 'oor:finalized="true"' in attributes
        if name == "DisableMacrosExecution":
            if value == "true":
                return 4, forced
        elif value in ("0", "1", "2", "3"):
            level = int(value), forced
        else:
            raise Unreadable(f"LibreOffice knows no macro level {value}")
    return level


def collect(host: Host, declared: Declared) -> Collected:
    """The level in force for a user who chose nothing, and whether it is forced."""
    programs = [place for pattern in _PLACES for place in expand(host, pattern)
                if entry(host, f"{place}/program/soffice.bin") is not None]
    if not programs:
        return {"macros.level": ABSENT, "macros.level_forced": ABSENT}
    level, forced = _BUILT_IN, False
    for path in _files(host, programs):
        said = parse_policy(host.read(path))
        if said is not None and (said[1] or not forced):
            level, forced = said if not forced else (min(level, said[0]), True)
    return {"macros.level": level, "macros.level_forced": forced}


def _files(host: Host, programs: list[str]) -> list[str]:
    """The registry's files, what came with the program first."""
    found = {host.resolve(f"{place}/{below}/{name}") for place in programs for below in _REGISTRIES
             for name in list_optional(host, f"{place}/{below}") if name.endswith((".xcd", ".xcu"))}
    return sorted(found, key=lambda path: (not path.endswith("/main.xcd"), path))


COLLECTOR = Collector(
    name="macros",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("macros.level", Type.INT, "Which macros LibreOffice runs: 4 none, 3 of trusted places alone, 2 signed "
             "or trusted, 1 after asking, 0 all; absent without LibreOffice", Disclosure.SHARED),
        Fact("macros.level_forced", Type.BOOL, "Whether users cannot choose another level; absent without "
             "LibreOffice", Disclosure.SHARED),
    ),
    collect=collect,
    reads=(*(f"{place}/share/registry/" for place in _PLACES), f"{_DISTRIBUTION}/"),
    stats=tuple(f"{place}/program/soffice.bin" for place in _PLACES),
)
