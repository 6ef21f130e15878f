"""What kinds of equipment weigh in a plan, and which of them the voters' ballots pass through.

A kind is a free word of the office's inventory. Spelling does not matter (case, blanks, hyphens), and the words that
people use for one thing share one row below. A kind that no row knows weighs ``DEFAULT`` and is not voting equipment.

The weights order the *harm* of a day without support. They follow the catalogue of controls: what can change who may
vote or what was cast is critical, what can silence the office is high, a desk is not an election.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

DEFAULT = 4


class Kind(msgspec.Struct, frozen=True):
    """One kind. ``voting``: no election may be run with two models of it at one place. ``names``: what it is called."""

    name: str
    weight: int
    reason: str
    names: tuple[str, ...] = ()
    voting: bool = False


KINDS = (
    Kind("registration database", 10, "holds who may vote; a change in it keeps people from voting",
         ("voter registration", "registration server", "database", "database server", "db", "rdb", "vrdb", "server")),
    Kind("election management system", 9, "makes the ballots and counts the results",
         ("ems", "ems server", "ems workstation", "tabulation server"), voting=True),
    Kind("tabulator", 9, "counts ballots",
         ("scanner", "optical scanner", "optical scan", "precinct scanner", "central scanner", "ballot scanner",
          "precinct tabulator", "central tabulator", "hand fed optical scanner", "batch fed optical scanner"),
         voting=True),
    Kind("ballot marking device", 9, "marks the ballots of voters who cannot mark paper",
         ("bmd", "dre", "dre vvpat", "direct recording electronic", "voting machine", "accessible voting unit",
          "hybrid bmd tabulator", "hybrid"), voting=True),
    Kind("backup", 9, "the last way back after ransomware",
         ("backup appliance", "backup server", "nas", "tape library", "backup storage")),
    Kind("directory", 8, "whoever holds it holds every account",
         ("directory server", "domain controller", "active directory", "identity server", "ad")),
    Kind("web", 8, "voters look up where to vote and read the results there",
         ("web server", "website", "web application", "results site", "lookup")),
    Kind("mail", 7, "most attacks come in by mail", ("mail server", "email", "email server")),
    Kind("pollbook", 7, "says at the poll who may vote; queues form without it",
         ("epollbook", "electronic pollbook", "electronic poll book", "poll book", "e poll book"), voting=True),
    Kind("network", 6, "everything else is reached through it",
         ("firewall", "switch", "router", "switches", "network gear", "access point", "vpn", "network switch")),
    Kind("remote ballot delivery", 8, "sends ballots to military and overseas voters",
         ("internet voting", "electronic ballot delivery", "ballot delivery"), voting=True),
    Kind("pc", 4, "an ordinary desk: a way in, seldom more",
         ("desktop", "laptop", "workstation", "computer", "tablet", "office pc", "notebook", "personal computer")),
    Kind("phone", 3, "a way in through one person", ("mobile", "smartphone", "cell phone", "telephone")),
    Kind("printer", 2, "prints what is checked elsewhere",
         ("ballot printer", "ballot on demand printer", "label printer", "multifunction printer", "copier")),
    Kind("ups", 1, "holds no data", ("power supply", "battery", "generator")),
)


def name(kind: str) -> str:
    """One spelling of a kind, for funds and freezes that name it: ``E-PollBook`` and ``e pollbook`` are one."""
    return " ".join(re.split(r"[\s\-_/]+", kind.casefold().strip(" -_/")))


@lru_cache(maxsize=4096)
def known(kind: str) -> Kind | None:
    """The row of this kind; None where no row knows the word."""
    word = name(kind)
    for each in (word, word.removesuffix("s"), word.replace(" ", ""), word.replace(" ", "").removesuffix("s")):
        if each in _BY_NAME:
            return _BY_NAME[each]
    return None


def weight(kind: str) -> int:
    """How much a day without support weighs for one such thing."""
    row = known(kind)
    return DEFAULT if row is None else row.weight


def voting(kind: str) -> bool:
    """Whether an election may be run with one model of it only."""
    row = known(kind)
    return row is not None and row.voting


_BY_NAME = {name(word): row for row in KINDS for word in (row.name, *row.names, row.name.replace(" ", ""))}
_BY_NAME |= {word.replace(" ", ""): row for word, row in list(_BY_NAME.items())}
