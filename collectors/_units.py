"""systemd's units as their files describe them: what is masked, switched on, and started at boot.

Follows systemd.unit(5): the directories in their order, links to ``/dev/null`` (or an empty file) as masks,
other links as further names, drop-ins, templates, and the ``.wants``, ``.requires`` and ``.upholds``
directories that say what starts what. A preset only says what a package asked for when it was installed,
so it is not looked at. On a live machine ``/run`` counts too.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field

from collectors.host.protocol import FileKind, Host, NotThere, Unsupported, list_optional

_RUN_FIRST = ("/run/systemd/system.control", "/run/systemd/transient", "/run/systemd/generator.early")
_RUN_LAST = ("/run/systemd/generator",)
CONFIG = "/etc/systemd/system"
_DIRECTORIES = ("/etc/systemd/system.control", *_RUN_FIRST, CONFIG, "/etc/systemd/system.attached",
                "/run/systemd/system", "/run/systemd/system.attached", *_RUN_LAST, "/usr/local/lib/systemd/system",
                "/usr/lib/systemd/system", "/lib/systemd/system", "/run/systemd/generator.late")
_SYSV = "/etc/init.d"
_RUNLEVELS = ("/etc/rc2.d", "/etc/rc3.d", "/etc/rc4.d", "/etc/rc5.d")
_OPENRC = ("/etc/runlevels/sysinit", "/etc/runlevels/boot", "/etc/runlevels/default")
READS = (*(f"{one}/" for one in _DIRECTORIES), f"{_SYSV}/", *(f"{one}/" for one in (*_RUNLEVELS, *_OPENRC)), "/lib")
SUFFIXES = (".service", ".socket", ".timer", ".path", ".target", ".mount", ".automount", ".swap", ".slice", ".scope",
            ".device")
_PULLS = ("Wants", "Requires", "BindsTo", "Upholds")
_LINKS = (".wants", ".requires", ".upholds")
_TRIGGERS = {".socket": ("Socket", "Service"), ".timer": ("Timer", "Unit"), ".path": ("Path", "Unit")}


@dataclass
class Unit:
    """One unit. ``settings`` holds (section, key, value) in order, drop-ins after the file itself."""

    name: str
    file: str
    """The path of its file; "" for one that a SysV script stands for."""
    masked: bool = False
    settings: list[tuple[str, str, str]] = field(default_factory=list)

    def values(self, section: str, key: str) -> list[str]:
        """A setting's values; an empty assignment forgets those before it."""
        found: list[str] = []
        for one_section, one_key, value in self.settings:
            if (one_section, one_key) == (section, key):
                found = [*found, value] if value else []
        return found


def parse(text: str) -> list[tuple[str, str, str]]:
    """The settings of a unit file or drop-in (systemd.syntax(7))."""
    found, section, pending = [], "", ""
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith(("#", ";")) or (not line and not pending):
            continue
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        line, pending = (pending + line).strip(), ""
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif "=" in line:
            key, _, value = line.partition("=")
            found.append((section, key.strip(), value.strip()))
    return found


class Units:
    """The units of a machine or an image. Raises ``Unsupported`` where there is no systemd and no script."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._places: dict[str, frozenset[str]] = {}
        for directory in _directories(host):
            self._places[directory] = frozenset(list_optional(host, directory))
        self._links: dict[str, list[tuple[str, str]]] = {}
        self._units: dict[str, Unit | None] = {}
        self._targets: dict[str, str] = {}
        self._scripts = _scripts(host)
        if not any(self._places.values()) and not self._scripts:
            raise Unsupported("neither systemd's units nor SysV scripts are here")

    def names(self) -> list[str]:
        """Every unit that has a file, a link or a started SysV script."""
        native = {name for names in self._places.values() for name in names if name.endswith(SUFFIXES)}
        return sorted(native | {f"{one}.service" for one in self._scripts})

    def canonical(self, name: str) -> str:
        """The unit's own name behind an alias."""
        for _ in range(20):
            found = self._find(name)
            if found is None:
                return name
            target = self._target(found)
            base = posixpath.basename(target)
            if not target or target.endswith("/null") or base in (name, template(name)) or not base.endswith(SUFFIXES):
                return name
            name = _instance_of(base, name)
        return name

    def unit(self, name: str) -> Unit | None:
        """The unit of this name or alias, or None if there is none."""
        own = self.canonical(name)
        if own not in self._units:
            self._units[own] = self._read(own)
        return self._units[own]

    def masked(self, name: str) -> bool:
        """Whether what decides for a name is a link to ``/dev/null`` or an empty file."""
        found = self._find(name)
        return found is not None and self._masks(found)

    def state(self, name: str) -> str:
        """What ``systemctl list-unit-files`` calls it: enabled, disabled, static, masked, alias …; "" for none."""
        found = self._find(name)
        if found is None:
            return "generated" if name.removesuffix(".service") in self._scripts else ""
        if self._masks(found):
            return "masked-runtime" if found.startswith("/run/") else "masked"
        own = self.canonical(name)
        if own != name:
            return "alias" if self._find(own) else "bad"
        if found.startswith(("/run/systemd/generator", "/run/systemd/transient")):
            return "generated" if "generator" in found else "transient"
        install = [(key, value) for section, key, value in parse(self._text(found)) if section == "Install" and value]
        names = {name, *(one for key, value in install if key == "Alias" for one in value.split())}
        links = self._enablements(CONFIG, name)
        if links & names or any(template(link) == name for link in links):
            return "enabled"
        if self._enablements("/run/systemd/system", name) & names:
            return "enabled-runtime"
        if self._target(found):
            return "linked"
        keys = {key for key, _ in install}
        if keys & {"WantedBy", "RequiredBy", "UpheldBy", "Alias"} and not links:
            return "disabled"
        return "indirect" if links or keys & {"Also", "DefaultInstance"} else "static"

    def started(self) -> frozenset[str]:
        """The units that start at boot, or when a started socket, timer or path asks for them."""
        scripts = [f"{one}.service" for one in self._scripts]
        if self.unit("default.target") is None:  # another program starts this machine
            if not scripts:
                raise Unsupported("systemd has no default.target here, and no script is started either")
            return frozenset(scripts)
        reached: set[str] = set()
        pending = ["default.target", *(name for name in scripts if self._find(name) is None)]
        while pending:
            name = self.canonical(pending.pop())
            unit = self.unit(name)
            if name in reached or unit is None or unit.masked:
                continue
            reached.add(name)
            pending += self._pulled(name, unit)
        return frozenset(reached)

    def _pulled(self, name: str, unit: Unit) -> Iterator[str]:
        for key in _PULLS:
            for value in unit.values("Unit", key):
                yield from (_filled(one, name) for one in value.split())
        if unit.values("Unit", "DefaultDependencies")[-1:] != ["no"] and name.endswith((".service", ".socket")):
            yield "sysinit.target"
        for suffix in _LINKS:
            for owner in {name, template(name)} - {""}:
                yield from (link for directory, link in self._linked(owner + suffix))
        kind = posixpath.splitext(name)[1]
        if kind in _TRIGGERS:
            section, key = _TRIGGERS[kind]
            own = name.removesuffix(kind)
            accepts = unit.values(section, "Accept")[-1:] in (["yes"], ["true"], ["1"], ["on"])
            yield from unit.values(section, key)[-1:] or [f"{own}@.service" if accepts else f"{own}.service"]

    def _linked(self, owner: str) -> list[tuple[str, str]]:
        """The links (directory, name) in every directory ``owner`` such as ``multi-user.target.wants``."""
        if owner not in self._links:
            self._links[owner] = [(place, link) for place, names in self._places.items() if owner in names
                                  for link in list_optional(self._host, f"{place}/{owner}") if link.endswith(SUFFIXES)]
        return self._links[owner]

    def _enablements(self, place: str, name: str) -> frozenset[str]:
        """The names of the links below one directory that lead to a unit: in ``.wants`` and its kin, and aliases."""
        found = set()
        for owner in self._places.get(place, ()):
            if owner.endswith(_LINKS):
                found |= {link for where, link in self._linked(owner) if where == place and name in (
                    link, template(link), posixpath.basename(self._target(f"{place}/{owner}/{link}")))}
            elif (owner.endswith(SUFFIXES) and owner != name
                  and posixpath.basename(self._target(f"{place}/{owner}")) == name):
                found.add(owner)
        return frozenset(found)

    def _find(self, name: str) -> str | None:
        """The path of the entry that decides for a name: that in the first directory, an instance's before its
        template's."""
        for one in (name, template(name)):
            for place, names in self._places.items():
                if one and one in names:
                    return f"{place}/{one}"
        return None

    def _target(self, path: str) -> str:
        if path not in self._targets:
            self._targets[path] = self._host.stat(path).target
        return self._targets[path]

    def _masks(self, path: str) -> bool:
        seen = self._host.stat(path)
        if seen.kind is FileKind.LINK:
            return seen.target.endswith("/dev/null") or seen.target == "/dev/null"
        return seen.kind is FileKind.FILE and seen.size == 0

    def _read(self, name: str) -> Unit | None:
        found = self._find(name)
        if found is None:
            script = name.removesuffix(".service")
            return Unit(name, "") if script in self._scripts else None
        if self._masks(found):
            return Unit(name, found, masked=True)
        try:
            settings = parse(self._text(found))
        except NotThere:  # a link to nowhere starts nothing
            return None
        for path in self._drop_ins(name):
            settings += parse(self._host.read(path))
        return Unit(name, found, settings=settings)

    def _text(self, path: str) -> str:
        return self._host.read(path)

    def _drop_ins(self, name: str) -> list[str]:
        """The drop-ins of a unit, by file name; of two with one name that of the first directory counts."""
        stem, suffix = posixpath.splitext(name)
        owners = [f"{name}.d", *([f"{template(name)}.d"] if template(name) else []),
                  *(f"{stem[:index + 1]}{suffix}.d" for index in range(len(stem) - 1) if stem[index] == "-"),
                  f"{suffix[1:]}.d"]
        chosen: dict[str, str] = {}
        for owner in owners:
            for place, names in self._places.items():
                if owner in names:
                    for one in list_optional(self._host, f"{place}/{owner}"):
                        if one.endswith(".conf"):
                            chosen.setdefault(one, f"{place}/{owner}/{one}")
        return [path for _, path in sorted(chosen.items()) if not self._masks(path)]


def template(name: str) -> str:
    """``getty@.service`` for ``getty@tty1.service``; "" for a unit that is no instance."""
    stem, at, rest = name.partition("@")
    instance, _, suffix = rest.rpartition(".")
    return f"{stem}@.{suffix}" if at and instance else ""


def _instance_of(target: str, name: str) -> str:
    """The instance of a template that an alias such as ``autovt@tty2.service`` stands for."""
    stem, _, suffix = target.partition("@.")
    instance = name.partition("@")[2].rpartition(".")[0]
    return f"{stem}@{instance}.{suffix}" if suffix and instance else target


def _filled(name: str, of: str) -> str:
    stem = posixpath.splitext(of)[0]
    return name.replace("%i", stem.partition("@")[2]).replace("%n", of).replace("%p", stem.partition("@")[0])


def _directories(host: Host) -> list[str]:
    """The directories of units, without ``/run`` in an image and without ``/lib`` where it is a link."""
    running = host.kind != "image"
    try:
        merged = host.stat("/lib").kind is FileKind.LINK
    except NotThere:
        merged = True
    return [one for one in _DIRECTORIES
            if (running or not one.startswith("/run/")) and not (merged and one.startswith("/lib/"))]


def _scripts(host: Host) -> frozenset[str]:
    """Scripts that a runlevel of SysV (``/etc/rc3.d/S01name``) or OpenRC starts."""
    started = {name[3:] for level in _RUNLEVELS for name in list_optional(host, level)
               if name.startswith("S") and name[1:3].isdigit()}
    started |= {name for level in _OPENRC for name in list_optional(host, level)}
    return frozenset(started & set(list_optional(host, _SYSV)))
