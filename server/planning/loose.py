"""Cells as offices write them: what is sure is taken, what is not becomes a question with what it may mean."""

from __future__ import annotations

import math
import re
from datetime import date

from policies.equipment import Equipment
from server.pages.language import N_
from server.planning import cell, loose_date
from server.planning.cell import Unclear
from server.planning.mapping import Mapping
from server.planning.number_words import number

BLANKS = frozenset({
    "", "-", "--", "---", "–", "—", ".", "?", "??", "n/a", "na", "n.a.", "n.a", "s/o", "s.o.", "nd", "n/d", "n.d.",
    "none", "aucun", "aucune", "null", "nil", "unknown", "unk", "inconnu", "inconnue", "tbd", "tba", "t.b.d.",
    "à déterminer", "a determiner", "to be determined", "not applicable", "sans objet", "not available",
    "non disponible", "data unavailable", "#n/a", "nan", "0000-00-00", "not known", "pending",
})
"""Texts that say nothing."""
_UNITS = r"(?:\s*(?:units?|each|ea\.?|pcs?\.?|pieces?|machines?|devices?|unités?|unites?|appareils?|pièces?|total))?"
_DAYS = {"day": 1.0, "days": 1.0, "jour": 1.0, "jours": 1.0, "week": 7.0, "weeks": 7.0, "wk": 7.0, "wks": 7.0,
         "semaine": 7.0, "semaines": 7.0, "month": 30.4375, "months": 30.4375, "mo": 30.4375, "mos": 30.4375,
         "mois": 30.4375, "year": 365.25, "years": 365.25, "yr": 365.25, "yrs": 365.25, "an": 365.25, "ans": 365.25,
         "année": 365.25, "années": 365.25}
_SEPARATORS = re.compile(r"\s*(?:[,;\n|+]|(?<=\S)\s*/\s*(?=\S)|\s(?:and|et|&|ou|or)\s)\s*", re.I)


class Ask(Unclear):
    """A cell that must be asked about: ``proposals`` are what it may mean."""

    def __init__(self, what: str, remedy: str, proposals: tuple[str, ...] = (), **values: object) -> None:
        super().__init__(what, remedy, **values)
        self.proposals = proposals


class Several(Ask):
    """A cell that names several models."""


def blank(text: str, mapping: Mapping) -> bool:
    """Whether a cell says nothing, as ``n/a`` does."""
    word = " ".join(text.casefold().split())
    return word in BLANKS or word in {one.casefold() for one in mapping.blanks}


def quantity(text: str) -> int:
    """``12``, ``12 units``, ``twelve (12)``, ``deux douzaines`` are sure; ``~40``, ``10-12``, ``several`` are not."""
    plain = " ".join(text.split())
    found = re.fullmatch(r"([0-9]{1,3}(?:[, ][0-9]{3})+|[0-9]+)(?:\.0+)?" + _UNITS, plain, re.I)
    if found:
        return cell.quantity(re.sub(r"[^0-9]", "", found[1]))
    found = re.fullmatch(r"([0-9]{1,4})\s+(?:dozens?|douzaines?)" + _UNITS, plain, re.I)
    if found:
        return cell.quantity(str(12 * int(found[1])))
    found = re.fullmatch(r"(.+?)\s*\(\s*([0-9]+)\s*\)" + _UNITS, plain, re.I)
    words = number(re.sub(_UNITS + r"\Z", "", found[1] if found else plain, flags=re.I))
    if words is not None and (not found or words == int(found[2])):
        return cell.quantity(str(words))
    digits = [one.replace(",", "") for one in re.findall(r"[0-9]+(?:,[0-9]{3})*", plain)]
    if re.match(r"[-−–(]\s*[0-9]", plain) or re.fullmatch(r"[0-9]*[.,][0-9]+", plain):
        raise Ask(N_("%(value)s is no count of things. How many are there?"), N_("write how many there are, as 12"),
                  value=text)
    raise Ask(N_("%(value)s is not a sure count. How many are there?"), N_("write how many there are, as 12"),
              tuple(dict.fromkeys(str(int(one)) for one in digits if 0 < int(one) <= cell.MOST))[:3], value=text)


def purchased(text: str, mapping: Mapping, today: date, epoch: int) -> date:
    """The day something was bought; a season or year is taken only where the mapping says ``dates: earliest``."""
    span = loose_date.read(text, day_first=mapping.day_first, serial_epoch=epoch if mapping.serial_dates else 0,
                           fiscal_start=mapping.fiscal_year_starts)
    if span is None:
        raise Ask(N_("%(value)s is no day that there is. When was it bought?"), N_("write it as 2026-09-30"),
                  value=text)
    if span.first > today:
        raise Ask(N_("%(value)s has not come yet. When was it bought?"), N_("write it as 2026-09-30"), value=text)
    if span.sure or (span.exact and mapping.dates == "earliest"):
        return span.first
    last = min(span.last, today)
    raise Ask(N_("%(value)s may be any day from %(first)s to %(last)s. When was it bought?"),
              N_("write it as 2026-09-30, or let the mapping say: dates: earliest"),
              tuple(dict.fromkeys((span.first.isoformat(), last.isoformat()))),
              value=text, first=span.first, last=last)


def day(text: str, mapping: Mapping, epoch: int) -> date:
    """Any other day: sure or asked."""
    span = loose_date.read(text, day_first=mapping.day_first, serial_epoch=epoch if mapping.serial_dates else 0)
    if span is None or not span.sure:
        raise Ask(N_("%(value)s is not one day. Which day is it?"), N_("write it as 2026-09-30"),
                  (span.first.isoformat(), span.last.isoformat()) if span else (), value=text)
    return span.first


def amount(text: str) -> int:
    plain = re.sub(r"\s*(?:each|ea\.?|/unit|per unit|chacun|l['’]unité)\Z", "", text.strip(), flags=re.I)
    try:
        return cell.amount(plain)
    except Unclear as unclear:
        raise Ask(N_("%(value)s is not an amount that can be read in one way alone. What does one cost?"),
                  N_("write it in dollars, as 1234.50"), value=text) from unclear


def months(text: str, mapping: Mapping) -> int:
    """Lead time in whole months, rounded up: ``26 weeks`` is 6. A bare number has the mapping's unit."""
    found = re.fullmatch(r"([0-9]{1,4}(?:[.,][0-9]{1,2})?)\s*([^\W\d_]*)\.?", text.strip())
    unit = (found[2].casefold() or mapping.lead_in) if found else ""
    if found is None or unit not in _DAYS:
        digits = re.findall(r"[0-9]+", text)
        raise Ask(N_("%(value)s is not one length of time. How many months from order to use?"),
                  N_("write the months, as 9"), tuple(dict.fromkeys(digits))[-2:], value=text)
    value = float(found[1].replace(",", "."))
    exact = value * _DAYS[unit] / _DAYS["month"] if unit not in ("month", "months", "mo", "mos", "mois") else value
    return cell.months(str(math.ceil(round(exact - 0.04, 6)) if exact else 0))


def model(text: str, make: str, kind: str, equipment: Equipment) -> str:
    """The model; several in one cell must be told apart: how many of each is not known."""
    plain = cell.text(text)
    if equipment.model(make, plain):
        return plain
    parts = [one for one in _SEPARATORS.split(text) if one]
    if len(parts) < 2:
        return plain
    counts = [_counted(one) for one in parts]
    known = sum(1 for name, _ in counts if equipment.model(make, name) or equipment.model("", name))
    if known < 2 and not (known == 1 and (equipment.made(make) or kind in equipment.content.lives[0].kinds)):
        return plain
    proposal = "; ".join(f"{name}={count or '?'}" for name, count in counts)
    raise Several(N_("%(value)s names several models. How many are there of each?"),
                  N_("write each model and its number, as DS200=12; DS450=1"), (proposal,), value=text)


def _counted(part: str) -> tuple[str, int | None]:
    """``3 DS200``, ``DS200 (3)``, ``DS200 x3`` with their number."""
    for pattern, name, count in ((r"\(?([0-9]{1,4})\)?\s*[x×]?\s+(.+)", 2, 1),
                                 (r"(.+?)\s*[(\[]\s*x?([0-9]{1,4})\s*[)\]]", 1, 2),
                                 (r"(.+?)\s+[x×]\s*([0-9]{1,4})", 1, 2)):
        found = re.fullmatch(pattern, part.strip())
        if found and re.search(r"[^\W\d_]", found[name]):
            return cell.text(found[name]), int(found[count])
    return cell.text(part), None


def split(answer: str) -> tuple[tuple[str, int], ...]:
    """``DS200=12; DS450=1``: the models of one cell and their numbers. Raises ``Unclear``."""
    found = []
    for part in filter(None, (one.strip() for one in answer.split(";"))):
        name, mark, count = part.rpartition("=")
        if not mark or not name.strip():
            raise Unclear(N_("%(value)s does not say how many there are of each model"),
                          N_("write each model and its number, as DS200=12; DS450=1"), value=answer)
        found.append((cell.text(name.strip()), cell.quantity(count.strip())))
    return tuple(found)
