"""Which findings a filter finds, and in which order. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from hustings.verdicts import SEVERITIES
from policies.model import Check
from server.triage import fixing
from server.triage.model import Filter, Finding, News, Order, State


def sifted(some: Iterable[Finding], wanted: Filter) -> list[Finding]:
    """Those that a filter finds, in its order."""
    words = folded(wanted.text).split()
    found = [one for one in some if _fits(one, wanted) and (not words or _says(one, words, wanted.language))]
    if wanted.order is Order.NUMBER:
        return sorted(found, key=lambda one: one.number)
    return sorted(found, key=_by_due)


def folded(text: str) -> str:
    """Text without case and accents, so that who types neither finds it."""
    return "".join(one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one))


def _fits(one: Finding, wanted: Filter) -> bool:
    return not (
        (wanted.states and one.state not in wanted.states)
        or (wanted.severities and one.severity not in wanted.severities)
        or (wanted.areas and one.area not in wanted.areas)
        or (wanted.check and one.check != wanted.check)
        or (wanted.row and one.row != wanted.row)
        or (wanted.agent is not None and one.agent != wanted.agent)
        or (wanted.site and one.site != wanted.site)
        or (wanted.responsible is not None and one.responsible != wanted.responsible)
        or (wanted.owner is not None and (one.owner or 0) != wanted.owner)
        or (wanted.overdue and not one.overdue)
        or (wanted.false_alarm is not None and one.false_alarm is not wanted.false_alarm)
        or (wanted.fix is not None and wanted.fix not in fixing.kinds(one.known))
        or (wanted.news is not None and not _news(one, wanted)))


def _news(one: Finding, wanted: Filter) -> bool:
    """Whether what was asked for happened since: by when the server heard of it."""
    since = wanted.since
    if since is None:
        return False
    if wanted.news is News.COMMENTED:
        return one.commented is not None and one.commented > since
    if wanted.news is News.RESOLVED:
        return one.resolved_told is not None and one.resolved_told > since
    return one.state is not State.RESOLVED and one.opened_told > since and one.reopened is (
        wanted.news is News.REOPENED)


def _says(one: Finding, words: list[str], language: str) -> bool:
    text = f"{folded(one.host)} {one.row.casefold()} {_texts(one.known, language) if one.known else one.check}"
    return all(word in text for word in words)


@lru_cache(maxsize=4096)
def _said(title: str, plain: str) -> str:
    return f"{folded(title)} {folded(plain)}"


def _texts(check: Check, language: str) -> str:
    return _said(check.title.say(language), check.plain.say(language))


def _by_due(one: Finding) -> tuple[bool, float, int, int]:
    if one.resolved is not None:
        return True, -one.resolved.timestamp(), SEVERITIES.index(one.severity), one.number
    return False, one.due.timestamp(), SEVERITIES.index(one.severity), one.number
