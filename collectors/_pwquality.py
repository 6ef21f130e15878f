"""What pam_pwquality (or pam_cracklib) asks of a new password, setting by setting.

Sources: pwquality.conf(5), pam_pwquality(8), pam_cracklib(8). The files of ``pwquality.conf.d`` are read
before ``pwquality.conf``, each in byte order, and what is read last wins; a module's own argument wins over
all of them. A line that libpwquality does not understand ends the reading of every file: what stands after it
says nothing. pam_cracklib reads no file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from collectors._pam import Entry

DEFAULTS = {
    "difok": 1, "minlen": 8, "dcredit": 0, "ucredit": 0, "lcredit": 0, "ocredit": 0, "minclass": 0, "maxrepeat": 0,
    "maxclassrepeat": 0, "maxsequence": 0, "gecoscheck": 0, "dictcheck": 1, "usercheck": 1, "usersubstr": 0,
    "enforcing": 1, "retry": 1,
}
"""Numbers, and what holds where nothing is said."""
SWITCHES = ("enforce_for_root", "local_users_only")
"""Words that switch something on by being there."""
CRACKLIB = DEFAULTS | {"difok": 5, "minlen": 9, "dcredit": 1, "ucredit": 1, "lcredit": 1, "ocredit": 1,
                       "usercheck": 1}
FLOOR = 6
"""pwquality takes a smaller ``minlen`` for this."""
TEXTS = ("badwords", "dictpath")
"""Settings whose values are text, of no interest here."""
CREDITS = ("dcredit", "ucredit", "lcredit", "ocredit")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it holds."""

    name: str
    value: int | None
    """None where what is written is no number."""
    source: str
    """The file, or the PAM line, it comes from; empty where nothing says it."""
    contradicted: bool = False
    """Whether another place says something else, which this one overrides."""

    @property
    def stated(self) -> bool:
        return bool(self.source)


Stated = list[tuple[str, str, str]]
"""(name, value, file) in the order they are read."""


def lines(text: str, file: str) -> Stated:
    """The settings of one file, in order. A word alone has the value ``""``."""
    found = []
    for line in text.split("\n"):
        name, equals, value = line.partition("#")[0].partition("=")
        words = name.split()
        if len(words) == 1 and equals:
            found.append((words[0], value.strip(), file))
        elif len(words) in (1, 2) and not equals:
            found.append((words[0], words[1] if len(words) == 2 else "", file))
        elif words:
            found.append((words[0], "?", file))
    return found


def heeded(stated: Stated) -> Stated:
    """What libpwquality takes of what the files say: everything up to the first line it does not understand."""
    found: Stated = []
    for name, value, file in stated:
        known = name.lower()
        if (known in DEFAULTS and _number(value) is not None) or known in SWITCHES:
            found.append((known, value, file))
        elif known not in TEXTS:
            break
    return found


def settings(module: Entry, stated: Stated) -> dict[str, Setting]:
    """Every setting as ``module`` takes it. Pure."""
    cracklib = module.module == "pam_cracklib"
    where = f"{module.file}:{module.line}"
    said = [] if cracklib else heeded(stated)
    said += [(name, value, where) for name, _, value in (one.partition("=") for one in module.arguments)]
    found = {}
    for name, default in (CRACKLIB if cracklib else DEFAULTS).items():
        given = [(value, source) for one, value, source in said if one == name]
        value = _number(given[-1][0]) if given else default
        differs = len({one for one, _ in given}) > 1
        found[name] = Setting(name, value, given[-1][1] if given else "", differs)
    for name in SWITCHES:
        given = [(value, source) for one, value, source in said if one == name]
        found[name] = Setting(name, int(bool(given)), given[-1][1] if given else "")
    return found


def shortest(found: dict[str, Setting]) -> int | None:
    """The fewest characters accepted: positive credits shorten what ``minlen`` asks. None if not told."""
    values = [found[name].value for name in ("minlen", *CREDITS)]
    numbers = [one for one in values if one is not None]
    if len(numbers) < len(values):
        return None
    return max(numbers[0], FLOOR) - sum(one for one in numbers[1:] if one > 0)


def contradictions(found: Iterable[Setting]) -> list[str]:
    return [one.name for one in found if one.contradicted]


def _number(text: str) -> int | None:
    digits = text[1:] if text[:1] in ("-", "+") else text
    return int(text) if digits.isascii() and digits.isdigit() else None
