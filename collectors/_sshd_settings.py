"""The SSH daemon's settings in force, each with where it comes from and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass

from collectors._sshd_config import Config, Line
from collectors._sshd_values import DEFAULTS, REMOVED, algorithms, canonical, compiled_in, number
from collectors._sshd_values import LISTS_OF_ALGORITHMS as LISTS
from collectors.host.protocol import LookError, Unreadable, Unsupported
from hustings.facts import Listing, Missing, Reason

NAMES = ("allowusers", "allowgroups", "denyusers", "denygroups")
"""Settings whose values name people: only how many names is told."""
STATED, BUILT_IN, REMOVED_FROM = "stated", "built-in", "removed"


@dataclass(frozen=True)
class Effective:
    """The settings in force and where they come from: ``daemon`` (asked) or ``files`` (read)."""

    settings: dict[str, list[str]]
    source: str
    version: tuple[int, int] | None = None
    family: frozenset[str] = frozenset()
    """The distribution, by ID and ID_LIKE of os-release."""
    faults: tuple[str, ...] = ()
    """Why the daemon would refuse these files."""

    def value(self, keyword: str) -> str:
        """A setting's value. Raises ``LookError`` when it is not set and the compiled-in value is not known."""
        if self.faults:
            raise Unreadable(f"the daemon would refuse its configuration: {self.faults[0]}")
        if keyword in self.settings:
            return self.settings[keyword][0]
        if self.source == "files":
            compiled = compiled_in(keyword, self.version, self.family)
            if compiled is not None:
                return compiled
            raise Unsupported(f"{keyword} is not set, and the value built into this sshd is not known")
        raise Unsupported(f"this sshd has no setting {keyword}")


def records(effective: Effective, config: Config | Missing) -> Listing:
    """One record for each setting this product knows: its value, origin and contradictions."""
    keywords = [*DEFAULTS, *REMOVED, *LISTS, *NAMES]
    if isinstance(config, Missing):
        return Listing([_record(effective, keyword, config) for keyword in keywords])
    why = Missing(Reason.ERROR, config.faults[0]) if config.faults and effective.source == "files" else None
    return Listing([_record(effective, keyword, config) for keyword in keywords], why is None, why)


def _record(effective: Effective, keyword: str, config: Config | Missing) -> dict[str, object]:
    value = _in_force(effective, keyword)
    counted = _names(effective, keyword) if keyword in NAMES else _number(keyword, value)
    if isinstance(config, Missing):
        return {"keyword": keyword, "value": value, "number": counted, "origin": config, "contradictions": config,
                "valid": True, "file": config, "line": config}
    chosen = config.chosen().get(keyword, [])
    others = config.others(keyword, chosen)
    empty = [line for line in others if not line.value]
    if isinstance(value, Missing) and chosen and keyword not in NAMES:
        value = _canonical(keyword, chosen[0].value)[0]
        counted = _number(keyword, value)
    return {
        "keyword": keyword, "value": value, "number": counted,
        "origin": STATED if chosen or empty else _unstated(effective, keyword),
        "contradictions": _contradictions(keyword, chosen[0].value if chosen else value, others),
        "valid": not empty and all(_canonical(keyword, line.value)[1] for line in [*chosen, *others]),
        "file": chosen[0].file if chosen else "", "line": chosen[0].line if chosen else 0,
    }


def _names(effective: Effective, keyword: str) -> int:
    return sum(len(value.split()) for value in effective.settings.get(keyword, []))


def _number(keyword: str, value: str | Missing) -> object:
    return value if isinstance(value, Missing) else number(keyword, value)


def _in_force(effective: Effective, keyword: str) -> str | Missing:
    """The value in force, as the daemon understands it; "" where it has none; as written where it understands none."""
    if keyword in LISTS:
        known = algorithms(keyword, effective.settings.get(keyword, [None])[0], effective.version)
        return ",".join(known) if known is not None else Missing(
            Reason.UNSUPPORTED, f"the {keyword} built into this version of sshd are not known")
    if keyword in NAMES:
        return ""
    if keyword not in effective.settings and _unstated(effective, keyword) == REMOVED_FROM:
        return ""
    try:
        return _canonical(keyword, effective.value(keyword))[0]
    except LookError as error:
        return error.missing


def _unstated(effective: Effective, keyword: str) -> str:
    since = REMOVED.get(keyword)
    gone = since is not None and effective.version is not None and effective.version >= since
    lacking = effective.source == "daemon" and keyword not in effective.settings and keyword not in (*LISTS, *NAMES)
    return REMOVED_FROM if gone or lacking else BUILT_IN


def _canonical(keyword: str, value: str) -> tuple[str, bool]:
    """A value as the daemon understands it, and whether it accepts it."""
    try:
        return canonical(keyword, value), True
    except ValueError:
        return value.lower(), False


def _contradictions(keyword: str, value: str | Missing, others: list[Line]) -> int | Missing:
    """How many further lines would make it something else, for all connections or for some."""
    if keyword in NAMES or not others:
        return 0
    if isinstance(value, Missing):
        return value
    return sum(_canonical(keyword, line.value) != _canonical(keyword, value) for line in others)
