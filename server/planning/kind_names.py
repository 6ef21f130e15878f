"""What kinds of equipment are called in sentences."""

from __future__ import annotations

from collections.abc import Callable

from server.pages.language import Language
from server.planning.kinds import known, name
from server.planning.wording import inert


def counted(kind: str, count: int, speak: Language) -> str:
    """``12 PCs``; a kind without a word of ours as the office wrote it: ``12 × badge reader``."""
    number = speak.number(count)
    words = _NAMES.get(plain(kind))
    if words is None:
        return f"{number} × {inert(kind)}" if kind else f"{number} ×"
    return words(speak, count) % {"count": number}


def named(kind: str, speak: Language) -> str:
    """``PCs``: many of a kind, without their number."""
    words = _NAMES.get(plain(kind))
    return inert(kind) if words is None else (words(speak, 2) % {"count": ""}).strip()


def plain(kind: str) -> str:
    """The key of a kind's words: its own, else those of the row of ``kinds`` it belongs to, else as written."""
    word = name(kind)
    for each in (word, word.removesuffix("s")):
        if each in _NAMES:
            return each
    row = known(kind)
    return word if row is None else row.name


_NAMES: dict[str, Callable[[Language, int], str]] = {
    "pc": lambda speak, n: speak.texts.ngettext("%(count)s PC", "%(count)s PCs", n),
    "laptop": lambda speak, n: speak.texts.ngettext("%(count)s laptop", "%(count)s laptops", n),
    "tablet": lambda speak, n: speak.texts.ngettext("%(count)s tablet", "%(count)s tablets", n),
    "server": lambda speak, n: speak.texts.ngettext("%(count)s server", "%(count)s servers", n),
    "database server": lambda speak, n: speak.texts.ngettext(
        "%(count)s database server", "%(count)s database servers", n),
    "registration database": lambda speak, n: speak.texts.ngettext(
        "%(count)s registration database", "%(count)s registration databases", n),
    "election management system": lambda speak, n: speak.texts.ngettext(
        "%(count)s election management system", "%(count)s election management systems", n),
    "tabulator": lambda speak, n: speak.texts.ngettext("%(count)s tabulator", "%(count)s tabulators", n),
    "ballot marking device": lambda speak, n: speak.texts.ngettext(
        "%(count)s ballot-marking device", "%(count)s ballot-marking devices", n),
    "dre": lambda speak, n: speak.texts.ngettext("%(count)s voting machine", "%(count)s voting machines", n),
    "backup": lambda speak, n: speak.texts.ngettext("%(count)s backup system", "%(count)s backup systems", n),
    "directory": lambda speak, n: speak.texts.ngettext("%(count)s directory server", "%(count)s directory servers", n),
    "web": lambda speak, n: speak.texts.ngettext("%(count)s web server", "%(count)s web servers", n),
    "mail": lambda speak, n: speak.texts.ngettext("%(count)s mail server", "%(count)s mail servers", n),
    "pollbook": lambda speak, n: speak.texts.ngettext("%(count)s pollbook", "%(count)s pollbooks", n),
    "network": lambda speak, n: speak.texts.ngettext("%(count)s network device", "%(count)s network devices", n),
    "firewall": lambda speak, n: speak.texts.ngettext("%(count)s firewall", "%(count)s firewalls", n),
    "switch": lambda speak, n: speak.texts.ngettext("%(count)s network switch", "%(count)s network switches", n),
    "remote ballot delivery": lambda speak, n: speak.texts.ngettext(
        "%(count)s ballot delivery system", "%(count)s ballot delivery systems", n),
    "phone": lambda speak, n: speak.texts.ngettext("%(count)s phone", "%(count)s phones", n),
    "printer": lambda speak, n: speak.texts.ngettext("%(count)s printer", "%(count)s printers", n),
    "ballot printer": lambda speak, n: speak.texts.ngettext(
        "%(count)s ballot printer", "%(count)s ballot printers", n),
    "ups": lambda speak, n: speak.texts.ngettext("%(count)s power supply", "%(count)s power supplies", n),
}
NAMED = frozenset(_NAMES)
"""The kinds that have words of ours: every row of ``kinds``, and some words that are more exact."""
