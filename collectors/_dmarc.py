"""DMARC: which record is in force for a domain, what it asks of receivers, and where its reports go.

Two rules say where the record of a subdomain is found when it has none of its own: the organisational domain by the
public suffix list (RFC 7489, which many receivers follow still) and the walk up the tree (RFC 9989, of 2026). Where
they differ, the weaker answer is the one that counts: some receivers follow it. The tags are read by checkdmarc;
where it refuses a record that the standard has receivers use, the standard's reading counts and its complaint is a
remark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from collectors._shown import shown
from collectors.dns_door import Resolver, Status
from hustings.facts import Missing

FAULT, REMARK = "fault", "remark"
STRENGTH = {"none": 0, "quarantine": 1, "reject": 2}
LONGEST_WALK = 8
"""Labels past which the walk skips to the last seven (RFC 9989, 4.10)."""
_VERSION = re.compile(r"v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)")


@dataclass(frozen=True)
class Record:
    """One DMARC record, with the defaults of what it leaves out."""

    at: str
    """The domain below whose ``_dmarc`` it is."""
    text: str
    policy: str
    subdomains: str
    absent_subdomains: str
    """For subdomains that do not exist (``np``)."""
    percent: int
    testing: bool
    suffix: str
    """``y``, ``n`` or ``u``: whether it says to be a public suffix's."""
    dkim: str
    spf: str
    """Alignment: ``r`` for relaxed, ``s`` for strict."""
    reports: tuple[str, ...]
    """Addresses for aggregate reports, as written."""
    problems: tuple[tuple[str, str, str], ...] = ()
    """Weight, what, detail."""


@dataclass
class Found:
    """What is in force for a domain."""

    record: Record | None = None
    policy: str = ""
    """For the domain's own mail: ``none``, ``quarantine``, ``reject``; empty without a record."""
    subdomains: str = ""
    """For mail in the name of subdomains, there or not: the weaker. Empty where another domain's record says."""
    rule: str = ""
    """``own``, ``both`` rules, ``public-suffix-list`` or ``tree-walk`` alone."""
    records: int = 0
    problems: list[dict[str, object]] = field(default_factory=list)

    def note(self, weight: str, what: str, detail: str) -> None:
        one: dict[str, object] = {"weight": weight, "what": what, "detail": shown(detail, 300)}
        if one not in self.problems:
            self.problems.append(one)


def is_dmarc(text: str) -> bool:
    """Whether a TXT record is a DMARC record: the version comes first, in capitals (RFC 9989, 4.8)."""
    return _VERSION.match(text) is not None


def parse(text: str, at: str) -> Record | None:
    """A record, or None where receivers do not use it at all. Pure."""
    tags, problems = _tags(text)
    complaint = _library(text)
    if complaint:
        problems.append((REMARK, "syntax", f"some readers refuse the record: {complaint}"))
    reports = tuple(one.strip() for one in tags.get("rua", "").split(",") if one.strip())
    asked = tags.get("p", "").lower()
    if asked not in STRENGTH:
        if not any(one.lower().startswith("mailto:") for one in reports):
            return None
        problems.append((FAULT, "no-policy", f"p={tags.get('p', '')!s} asks for nothing: receivers take it for none"))
        asked = "none"
    below = _strength(tags, "sp", asked, problems)
    missing = _strength(tags, "np", below, problems)
    percent = tags.get("pct", "100")
    if not (percent.isascii() and percent.isdigit() and len(percent) <= 3 and int(percent) <= 100):
        problems.append((REMARK, "syntax", f"pct={percent[:20]} is no percentage and counts as 100"))
        percent = "100"
    return Record(at, text, asked, below, missing, int(percent), tags.get("t", "n").lower() == "y",
                  tags.get("psd", "u").lower(), _alignment(tags, "adkim"), _alignment(tags, "aspf"), reports,
                  tuple(problems))


def _tags(text: str) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    tags: dict[str, str] = {}
    problems: list[tuple[str, str, str]] = []
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        name = name.strip().lower()
        if not part.strip():
            continue
        if not equals or not name.isalnum():
            problems.append((FAULT, "syntax", f"{part.strip()[:60]!r} is no tag"))
        elif name in tags:
            problems.append((FAULT, "syntax", f"the tag {name} is there twice: receivers differ in what they do"))
        else:
            tags[name] = value.strip()
    return tags, problems


def _library(text: str) -> str:
    """What checkdmarc has against a record, its addresses left out so that it asks nobody."""
    from checkdmarc.dmarc import DMARCError, parse_dmarc_record

    kept = ";".join(part for part in text.split(";") if part.partition("=")[0].strip().lower() not in ("rua", "ruf"))
    try:
        parse_dmarc_record(kept, "example.org")
    except DMARCError as error:
        return str(error)[:160]
    return ""


def _strength(tags: dict[str, str], name: str, default: str, problems: list[tuple[str, str, str]]) -> str:
    value = tags.get(name, default).lower()
    if value in STRENGTH:
        return value
    problems.append((FAULT, "syntax", f"{name}={value[:20]} is no policy: some receivers take it for none"))
    return "none"


def _alignment(tags: dict[str, str], name: str) -> str:
    return "s" if tags.get(name, "").lower() == "s" else "r"


@cache
def organisation(domain: str) -> str:
    """The organisational domain by the public suffix list; the domain itself where it is a public suffix."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList().privatesuffix(domain) or domain


def walk(domain: str) -> list[str]:
    """The domains that a receiver asks after ``domain`` itself, nearest first (RFC 9989, 4.10). Pure."""
    labels = domain.split(".")[1:]
    if len(labels) >= LONGEST_WALK:
        labels = labels[-(LONGEST_WALK - 1):]
    return [".".join(labels[index:]) for index in range(len(labels))]


class Search:
    """Looks for the record in force of one domain."""

    def __init__(self, resolver: Resolver, domain: str) -> None:
        self.resolver = resolver
        self.domain = domain
        self.found = Found()

    def run(self) -> Found | Missing:
        """What is in force; ``Missing`` where a name that decides it could not be asked about."""
        own = self._at(self.domain, own=True)
        if isinstance(own, Missing):
            return own
        found = self.found
        if own is not None:
            found.record, found.policy, found.rule = own, own.policy, "own"
            if self.domain == organisation(self.domain):
                found.subdomains = weaker(own.subdomains, own.absent_subdomains)
        elif not found.records:
            stop = self._inherited()
            if stop is not None:
                return stop
        for weight, what, detail in found.record.problems if found.record else ():
            found.note(weight, what, detail)
        return found

    def _inherited(self) -> Missing | None:
        """The policy of a domain above."""
        above = organisation(self.domain)
        by_list = self._at(above) if above != self.domain else None
        by_walk = self._walked()
        rules = (by_list, by_walk) if above != self.domain else (None, by_walk)
        why = next((one for one in rules if isinstance(one, Missing)), None)
        if why is not None and None in rules:
            self.found.note(REMARK, "rules-differ", "one way to find a record above finds none; where the other leads "
                                                    f"is not known: {why.detail}")
            return None
        if why is not None:
            return why
        assert not isinstance(by_list, Missing)
        assert not isinstance(by_walk, Missing)
        found = self.found
        found.record = by_list or by_walk
        if by_list is not None and by_walk is not None and by_list.at == by_walk.at:
            found.rule = "both"
        else:
            found.rule = "public-suffix-list" if by_list else "tree-walk" if by_walk else ""
            if found.rule:
                found.note(REMARK, "rules-differ", "by the public suffix list the record is "
                           f"{f'that of {by_list.at}' if by_list else 'missing'}, by the walk up the tree "
                           f"{f'that of {by_walk.at}' if by_walk else 'missing'}: the weaker counts")
        if found.record is not None:
            both = [one.subdomains if one else "none" for one in (by_list, by_walk)]
            none = [one.absent_subdomains if one else "none" for one in (by_list, by_walk)]
            found.policy = weaker(*both)
            found.subdomains = weaker(*both, *none)
        return None

    def _walked(self) -> Record | Missing | None:
        """The record by the walk up the tree: of the organisational domain, else of the public suffix."""
        records: list[Record] = []
        for name in walk(self.domain):
            one = self._at(name)
            if isinstance(one, Missing):
                return one
            if one is not None:
                records.append(one)
                if one.suffix in ("y", "n"):
                    break
        if not records:
            return None
        last = records[-1]
        if last.suffix == "y":
            below = [one for one in records[:-1] if one.at.count(".") == last.at.count(".") + 1]
            return below[0] if below else last
        return last

    def _at(self, name: str, *, own: bool = False) -> Record | Missing | None:
        answer = self.resolver.lookup(f"_dmarc.{name}", "TXT")
        if answer.status is Status.LOOP and answer.missing is not None:
            if own:
                self.found.note(FAULT, "alias-loop", answer.missing.detail)
            return None
        if answer.missing is not None:
            return answer.missing
        texts = [one for one in answer.texts() if is_dmarc(one)]
        if own:
            self.found.records = len(texts)
            if answer.found and not texts:
                self.found.note(REMARK, "not-a-record", f"_dmarc.{name} holds a TXT record that is no DMARC record")
        if len(texts) > 1:
            self.found.note(FAULT, "several-records", f"_dmarc.{name} holds {len(texts)} DMARC records: receivers then "
                                                      "use none of them")
            return None
        one = parse(texts[0], name) if texts else None
        if texts and one is None:
            self.found.note(FAULT, "no-policy", f"the record at _dmarc.{name} has no usable p=: receivers ignore it")
        return one


def weaker(*policies: str) -> str:
    """The weakest of some policies."""
    return min(policies, key=STRENGTH.__getitem__)


def destinations(resolver: Resolver, record: Record) -> list[dict[str, object]]:
    """Where aggregate reports go, and whether a foreign domain agreed to get them (RFC 9990; RFC 7489, 7.1)."""
    return [_destination(resolver, record, one) for one in record.reports]


def _destination(resolver: Resolver, record: Record, address: str) -> dict[str, object]:
    from checkdmarc.dmarc import InvalidDMARCReportURI, parse_dmarc_report_uri

    try:
        read = parse_dmarc_report_uri(address)
    except InvalidDMARCReportURI:
        return {"address": shown(address, 200), "domain": "", "usable": False}
    if read["scheme"] != "mailto":
        return {"address": shown(address, 200), "domain": "", "usable": False}
    domain = str(read["address"]).rpartition("@")[2].lower()
    usable: object = True
    if organisation(domain) != organisation(record.at):
        answer = resolver.lookup(f"{record.at}._report._dmarc.{domain}", "TXT")
        if answer.missing is not None and answer.status is not Status.LOOP:
            usable = answer.missing
        else:
            usable = any(is_dmarc(one) for one in answer.texts())
    return {"address": shown(address, 200), "domain": shown(domain, 200), "usable": usable}


def any_usable(places: Iterable[dict[str, object]]) -> bool | Missing:
    """Whether reports arrive anywhere."""
    seen = [one["usable"] for one in places]
    if any(one is True for one in seen):
        return True
    return next((one for one in seen if isinstance(one, Missing)), False)


