"""A list of findings as an address asks for it, and back. Pure. A word that means nothing asks nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from hustings.verdicts import Severity
from server.engagement import Engagement
from server.questions import AREAS
from server.store.inventory import RESPONSIBLE
from server.triage.acts import Alarm
from server.triage.groups import By
from server.triage.model import UNRESOLVED, Filter, FixKind, News, State

E = TypeVar("E", bound=StrEnum)
TEXT_MAX = 200
OFFICE = "office"
"""In place of a machine: the office as a whole."""
UNLISTED = "unlisted"
"""In place of a party: machines that are not in the inventory."""
ALL = "all"
"""Every state."""
MINE, NOBODY = "me", "nobody"


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for, each word as it stands there; empty for what it does not ask."""

    q: str = ""
    state: str = ""
    severity: str = ""
    area: str = ""
    row: str = ""
    check: str = ""
    machine: str = ""
    site: str = ""
    who: str = ""
    owner: str = ""
    fix: str = ""
    overdue: str = ""
    alarm: str = ""
    news: str = ""
    by: str = ""

    @property
    def address(self) -> str:
        """Without what asks nothing; empty for the plain list."""
        return urlencode({name: value for name in self.__slots__ if (value := getattr(self, name))})

    def but(self, **other: str) -> str:
        """The address with other words in some places."""
        return Asked(**{name: other.get(name, getattr(self, name)) for name in self.__slots__}).address

    @property
    def narrowed(self) -> bool:
        """Whether it asks for less than every finding that is not resolved."""
        return bool(self.but(by=""))

    def filter(self, viewer: int, language: str, since: datetime | None, engagement: Engagement | None) -> Filter:
        """What it asks of the findings, for who looks."""
        states = UNRESOLVED if not self.state else frozenset() if self.state == ALL else frozenset({State(self.state)})
        news = News(self.news) if self.news else None
        return Filter(
            engagement=engagement, states=frozenset() if news is News.RESOLVED and not self.state else states,
            severities=frozenset({Severity(self.severity)}) if self.severity else frozenset(),
            areas=frozenset({self.area}) if self.area else frozenset(), check=self.check, row=self.row,
            agent=None if not self.machine else "" if self.machine == OFFICE else self.machine, site=self.site,
            responsible=None if not self.who else "" if self.who == UNLISTED else self.who,
            owner={"": None, MINE: viewer, NOBODY: 0}[self.owner] if self.owner in ("", MINE, NOBODY)
            else int(self.owner), fix=FixKind(self.fix) if self.fix else None, overdue=bool(self.overdue),
            false_alarm=Alarm(self.alarm) if self.alarm else None, news=news, since=since, viewer=viewer,
            text=self.q, language=language)

    @property
    def grouped(self) -> By | None:
        return By(self.by) if self.by else None


def asked(query: Mapping[str, str]) -> Asked:
    """From the parameters of an address, whatever they hold."""
    def word(name: str) -> str:
        text = query.get(name, "")[:TEXT_MAX].strip()
        return text if text.isprintable() else ""

    owner = word("owner")
    return Asked(
        q=" ".join(word("q").split()), state=word("state") if word("state") in (*State, ALL) else "",
        severity=_of(Severity, word("severity")), area=word("area") if word("area") in AREAS else "",
        row=word("row"), check=word("check"), machine=word("machine"), site=word("site"),
        who=word("who") if word("who") in (*RESPONSIBLE, UNLISTED) else "",
        owner=owner if owner in (MINE, NOBODY) or _number(owner) else "", fix=_of(FixKind, word("fix")),
        overdue="1" if word("overdue") else "", alarm=_of(Alarm, word("alarm")), news=_of(News, word("news")),
        by=_of(By, word("by")))


def read(address: str) -> Asked:
    """From an address as it was kept."""
    return asked(dict(parse_qsl(address[:4_000])))


def _of(kind: type[E], text: str) -> str:
    return text if text and text in set(kind) else ""


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
