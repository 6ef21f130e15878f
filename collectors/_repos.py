"""Sections of the ``.repo`` and ``.conf`` files of rpm-based package managers, as dnf and libzypp read them."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.host.protocol import Host, list_optional

_TRUE = frozenset({"1", "true", "yes", "on"})


def parse(text: str) -> dict[str, dict[str, str]]:
    """Settings by section, names in lower case; later lines win, comments and continuations dropped."""
    sections: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]"):
            section = sections.setdefault(stripped[1:-1], {})
        elif "=" in stripped and stripped[0] not in "#;" and not line[0].isspace():
            name, _, value = stripped.partition("=")
            section[name.strip().lower()] = value.strip()
    return sections


def true(value: str) -> bool:
    """How dnf and libzypp read a switch."""
    return value.lower() in _TRUE


def repositories(host: Host, directory: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Every repository that the ``.repo`` files of a directory name, with its settings. Raises ``LookError``."""
    for name in list_optional(host, directory):
        if name.endswith(".repo"):
            yield from parse(host.read(f"{directory}/{name}")).items()


def enabled(host: Host, directory: str) -> list[str]:
    """The repositories of a directory that are switched on, as one is unless it says otherwise."""
    return [name for name, settings in repositories(host, directory) if true(settings.get("enabled", "1"))]
