"""The replacement plan in words, in English and French."""

from __future__ import annotations

import csv
import io

from policies.lifecycle import Kind
from server.plan import Line, Plan, Status
from server.plan_needs import Category
from server.plan_schedule import Warn

_WORDS = {
    "en": {
        Status.OUT_OF_SUPPORT: "out of support", Status.WITHIN_12_MONTHS: "ends within 12 months",
        Status.WITHIN_24_MONTHS: "ends within 24 months",
        Category.SYSTEM: "operating system", Category.HARDWARE: "hardware", Category.DATABASE: "database",
        Category.PRODUCT: "software",
        Kind.VENDOR: "maker's support", Kind.LTS: "long-term support", Kind.PAID: "paid support",
        Kind.CERTIFIED: "certified support",
        "on": "{} ends on {}", "ended": "{} ended on {}", "over": "{} has ended, on a day the source does not give",
        "hardware": "its firmware dates from {}; hardware is planned to serve {} years after that",
        "paid": "; paid support is possible until {}",
        Warn.AFTER_END: "cannot be replaced in time: order now, and protect the machine until then",
        Warn.CALENDAR_UNKNOWN: "goes live after the last known freeze: a voting day declared later may move it",
        "late": "today, it is late",
        "unlisted": "it is not in the table of support dates",
        "head": ("order_by", "go_live", "ends", "status", "category", "what", "versions", "machines", "sites",
                 "responsible", "why", "warnings"),
    },
    "fr": {
        Status.OUT_OF_SUPPORT: "prise en charge terminée", Status.WITHIN_12_MONTHS: "se termine d'ici 12 mois",
        Status.WITHIN_24_MONTHS: "se termine d'ici 24 mois",
        Category.SYSTEM: "système d'exploitation", Category.HARDWARE: "matériel",
        Category.DATABASE: "base de données", Category.PRODUCT: "logiciel",
        Kind.VENDOR: "prise en charge de l'éditeur", Kind.LTS: "prise en charge de longue durée",
        Kind.PAID: "prise en charge payante", Kind.CERTIFIED: "prise en charge homologuée",
        "on": "fin ({}) le {}", "ended": "fin ({}) depuis le {}",
        "over": "fin ({}) déjà passée, à une date que la source ne donne pas",
        "hardware": "son micrologiciel date du {}; le matériel doit servir {} ans après cette date",
        "paid": "; une prise en charge payante est possible jusqu'au {}",
        Warn.AFTER_END: "ne peut être remplacé à temps : commandez maintenant et protégez la machine d'ici là",
        Warn.CALENDAR_UNKNOWN: "mise en service après la dernière période de gel connue : un scrutin déclaré plus "
                               "tard pourrait la déplacer",
        "late": "aujourd'hui, c'est tard",
        "unlisted": "il ne figure pas au tableau des fins de prise en charge",
        "head": ("commander_avant", "mise_en_service", "fin", "etat", "categorie", "quoi", "versions", "machines",
                 "lieux", "responsable", "pourquoi", "avertissements"),
    },
}


_REASONS_FR = {
    "everything on it": "tout ce qu'elle porte",
    "hardware": "matériel",
    "operating system": "système d'exploitation",
    "installed products": "produits installés",
    "it has not reported yet": "elle n'a pas encore fait rapport",
    "it is on the inventory and no agent reports from it": "elle est à l'inventaire et aucun agent n'en fait rapport",
    "it is a virtual machine; its hardware is its host's, which is not in this inventory":
        "c'est une machine virtuelle; son matériel est celui de son hôte, qui ne figure pas à cet inventaire",
    "the date of its firmware is not known": "la date de son micrologiciel n'est pas connue",
    "the inventory is not whole": "l'inventaire n'est pas complet",
}


def status(line: Line, language: str = "en") -> str:
    """``out of support``, ``ends within 12 months`` …"""
    return str(_WORDS[language][line.status])


def category(line: Line, language: str = "en") -> str:
    """``operating system``, ``hardware`` …"""
    return str(_WORDS[language][line.category])


def why(line: Line, plan: Plan, language: str = "en") -> str:
    """The rule in force and its date: ``long-term support (Debian LTS) ends on 2028-06-30``."""
    words = _WORDS[language]
    if line.kind is None:
        return str(words["hardware"]).format(line.rule, plan.rules.hardware_years)
    name = str(words[line.kind]) + (f" ({line.rule})" if line.rule else "")
    if line.ends is None:
        said = str(words["over"]).format(name)
    else:
        said = str(words["ended" if line.ends < plan.today else "on"]).format(name, line.ends)
    return said + (str(words["paid"]).format(line.contract_ends) if line.contract_ends else "")


def warnings(line: Line, language: str = "en") -> list[str]:
    """What to know beside the dates, one sentence each."""
    return [str(_WORDS[language][one]) for one in line.warnings]


def as_csv(plan: Plan, language: str = "en") -> str:
    """The plan's lines, and after them what it cannot judge, as CSV (RFC 4180, UTF-8).

    A cell that a spreadsheet would run as a formula is written with an apostrophe before it.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_WORDS[language]["head"])
    for line in plan.lines:
        writer.writerow([_cell(one) for one in (
            str(line.order_by), str(line.go_live), str(line.ends or ""), status(line, language),
            category(line, language), line.what, " ".join(line.versions), " ".join(one.name for one in line.where),
            " ".join(sorted({one.site for one in line.where if one.site})),
            " ".join(sorted({one.responsible for one in line.where if one.responsible})),
            why(line, plan, language), " ".join(warnings(line, language)))])
    for one in plan.unknown:
        writer.writerow([_cell(text) for text in (
            "", "", "", "unknown" if language == "en" else "inconnu", "", one.what, "", " ".join(one.where), "", "",
            reason(one.why, language), "")])
    for package in plan.unrecognised:
        writer.writerow([_cell(text) for text in (
            "", "", "", "unknown" if language == "en" else "inconnu", category_of_packages(language), package.name,
            " ".join(package.versions), " ".join(package.where), "", "", str(_WORDS[language]["unlisted"]), "")])
    return out.getvalue()


def category_of_packages(language: str = "en") -> str:
    """What a package the table does not speak of is called in the column of categories."""
    return str(_WORDS[language][Category.PRODUCT])


def reason(text: str, language: str = "en") -> str:
    """Why the plan cannot say when something ends; in French where the reason is one of the plan's own."""
    return _REASONS_FR.get(text, text) if language == "fr" else text


def translated(text: str) -> bool:
    """Whether ``reason`` has French words for it."""
    return text in _REASONS_FR


def _cell(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def as_text(plan: Plan) -> str:
    """The plan for a terminal."""
    lines = [f"Replacement plan of {plan.today}: {plan.machines} machine{'s' * (plan.machines != 1)}, "
             f"support dates of {plan.looked_up}"]
    lines += [f"freeze {one.first} to {one.last} around {', '.join(map(str, one.voting_days))}"
              for one in plan.freezes]
    if not plan.voting_days_known:
        lines.append("no voting day ahead is declared: freezes are not known, and no date below keeps clear of them\n"
                     "  fix: hustings server elections set DATE, or --voting-day DATE")
    for line in plan.lines:
        late = f" ({_WORDS['en']['late']})" if line.order_by == plan.today else ""
        lines += ["", f"{line.what}  [{category(line)}, {status(line)}]",
                  f"    order by {line.order_by}{late}, live on {line.go_live} ({line.lead_days} days)",
                  f"    why: {why(line, plan)}", f"    where: {', '.join(one.name for one in line.where)}"]
        lines += [f"    note: {one}" for one in warnings(line)]
    if not plan.lines:
        lines += ["", "nothing that is known ends within 24 months"]
    if plan.unknown:
        lines += ["", f"Not known ({len(plan.unknown)}), and not counted as fine:"]
        lines += [f"  {one.what} on {', '.join(one.where)}: {one.why}" for one in plan.unknown]
    lines += ["", f"{plan.later} more last longer; {plan.covered} packages are maintained with their operating system; "
              f"{len(plan.unrecognised)} packages are not in the table and not counted as fine "
              "(--format csv or json lists them)."]
    return "\n".join(lines) + "\n"
