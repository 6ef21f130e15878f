"""Conditions and facts in words, for a verdict's ``expected`` and ``actual``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WORDS = {
    "en": {
        "all": " and ", "any": " or ", "not": "not ({})", "equals": "{0} is {1}", "one_of": "{0} is one of {1}",
        "at_least": "{0} is at least {1}", "at_most": "{0} is at most {1}", "later_than": "{0} is later than {1}",
        "older_than": "{0} is older than {1}", "within": "{0} lies within the last {1}",
        "version_at_least": "{0} is version {1} or later", "contains": "{0} contains {1}",
        "mode_within": "{0} grants nothing beyond {1}",
        "mode_covers": "{0} holds every bit of {1}",
        "absent": "{0} is absent", "present": "{0} is present",
        "every": "every entry of {0}{2} has {1}", "none": "no entry of {0}{2} has {1}",
        "count": "{0}{2} has {1}", "entry": "entry", "entries": "entries",
        "where": " (where {})", "same": " for each {}",
        "today": "today", "count.at_least": "at least {}", "count.at_most": "at most {}", "count.equals": "exactly {}",
        "true": "yes", "false": "no", "more": "… {} in all", "none_found": "none",
        "none_of": "none of {}", "absent_value": "absent", "withheld": "withheld",
        "counted": "{} of {} (names withheld)",
    },
    "fr": {
        "all": " et ", "any": " ou ", "not": "pas ({})", "equals": "{0} vaut {1}", "one_of": "{0} est parmi {1}",
        "at_least": "{0} vaut au moins {1}", "at_most": "{0} vaut au plus {1}",
        "later_than": "{0} est postérieur à {1}", "older_than": "{0} date de plus de {1}",
        "within": "{0} date de {1} au plus", "version_at_least": "{0} est en version {1} ou ultérieure",
        "mode_within": "{0} n'accorde rien de plus que {1}",
        "mode_covers": "{0} contient tous les bits de {1}",
        "contains": "{0} contient {1}", "absent": "{0} est absent", "present": "{0} est présent",
        "every": "chaque élément de {0}{2} a {1}", "none": "aucun élément de {0}{2} n'a {1}",
        "count": "{0}{2} compte {1}", "entry": "élément", "entries": "éléments",
        "where": " (où {})", "same": " pour chaque {}",
        "today": "aujourd'hui", "count.at_least": "au moins {}", "count.at_most": "au plus {}",
        "count.equals": "exactement {}", "true": "oui", "false": "non", "more": "… {} en tout",
        "none_found": "aucun", "none_of": "aucun sur {}", "absent_value": "absent",
        "withheld": "non communiqué", "counted": "{} sur {} (noms non communiqués)",
    },
}


def condition_text(condition: Mapping[str, Any], parameters: Mapping[str, Any], language: str = "en") -> str:
    """A condition as one sentence fragment, with the parameters' values in force."""
    words = _WORDS[language]
    for joiner in ("all", "any"):
        if joiner in condition:
            parts = [condition_text(one, parameters, language) for one in condition[joiner]]
            if joiner == "any" and len(parts) > 1:
                parts = [f"({part})" if words["all"] in part else part for part in parts]
            elif joiner == "all" and len(parts) > 1:
                parts = [f"({part})" if len(one.get("any", ())) > 1 else part
                         for one, part in zip(condition[joiner], parts, strict=True)]
            return words[joiner].join(parts)
    if "not" in condition:
        return words["not"].format(condition_text(condition["not"], parameters, language))
    name = condition.get("fact") or condition["field"]
    for quantifier in ("every", "none", "count"):
        if quantifier in condition:
            return _quantified(condition, quantifier, str(name), parameters, language)
    operator = next(key for key in condition if key not in ("fact", "field"))
    if operator == "absent":
        return words["absent" if condition["absent"] else "present"].format(name)
    return words[operator].format(name, _operand(condition[operator], parameters, language))


def _quantified(condition: Mapping[str, Any], quantifier: str, name: str, parameters: Mapping[str, Any],
                language: str) -> str:
    words = _WORDS[language]
    where = ""
    if "where" in condition:
        where = words["where"].format(condition_text(condition["where"], parameters, language))
    if quantifier == "count":
        bound, operand = next(iter(condition["count"].items()))
        inner = words[f"count.{bound}"].format(_operand(operand, parameters, language))
        inner += " " + words["entry" if operand == 1 else "entries"]
        if "same" in condition:
            inner += words["same"].format(condition["same"])
    else:
        inner = condition_text(condition[quantifier], parameters, language)
    return words[quantifier].format(name, inner, where)


def _operand(operand: Any, parameters: Mapping[str, Any], language: str) -> str:
    if isinstance(operand, Mapping):
        if "param" in operand:
            return value_text(parameters[operand["param"]], language)
        if "today" in operand:
            moved = "" if operand["today"] in ("+0d", "0d") else f" {operand['today']}"
            return _WORDS[language]["today"] + moved
        return str(operand["fact"])
    return value_text(operand, language)


def value_text(value: Any, language: str = "en") -> str:
    """A value as a person reads it."""
    words = _WORDS[language]
    if isinstance(value, bool):
        return words["true" if value else "false"]
    if isinstance(value, (list, tuple)):
        return ", ".join(value_text(one, language) for one in value) or words["none_found"]
    if isinstance(value, Mapping):
        return _map_text(value, language)
    return str(value)


def _map_text(value: Mapping[str, Any], language: str) -> str:
    words = _WORDS[language]
    if "unknown" in value:
        return f"({value['unknown']})"
    if "reason" in value and set(value) <= {"reason", "detail"}:
        return f"({value['reason']}: {value['detail']})" if value.get("detail") else f"({value['reason']})"
    if value.get("absent") is True and len(value) == 1:
        return words["absent_value"]
    if value.get("withheld") is True:
        return words["withheld"]
    if "total" in value and "items" not in value:
        return words["counted"].format(value.get("matching", value["total"]), value["total"])
    if "items" in value and "total" in value:
        shown = "; ".join(value_text(item, language) for item in value["items"])
        count = value.get("matching", value["total"])
        if not count:
            none = words["none_of"].format(value["total"]) if value["total"] else words["none_found"]
            return f"{none} ({shown})" if shown else none
        return shown if count <= len(value["items"]) else f"{shown}; {words['more'].format(count)}"
    return " ".join(f"{name}={value_text(one, language)}" for name, one in value.items())


def facts_text(facts: Mapping[str, Any], language: str = "en") -> str:
    """Deciding facts as ``fact = value`` pairs."""
    return "; ".join(f"{name} = {value_text(value, language)}" for name, value in facts.items())
