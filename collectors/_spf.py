"""What an SPF record and all that it includes come to, evaluated as a receiver would for any sender (RFC 7208).

Every term is followed as if none before it had matched: the number of look-ups is that of the worst message. A name
server that does not answer about an included record leaves the rest open; it is never taken for a void answer.
checkdmarc, which reads the other records, stops at the first fault and would ask by itself; a test holds both readings
of the grammar against each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from collectors._shown import shown
from collectors._spf_terms import ASKING, BadTerm, Term, expand, is_spf, parse
from collectors.dns_door import Resolver, Status
from hustings.facts import Missing, Reason

MOST_LOOKUPS = 10
MOST_VOID = 2
MOST_MAIL_HOSTS = 10
STOP = 60
"""Look-ups after which no more are counted."""
WIDE = 8
"""An IPv4 prefix shorter than this lets through a good part of the whole internet; of IPv6, shorter than 16."""

FAULT, REMARK = "fault", "remark"


@dataclass
class Spf:
    """What was found, and the reason where a part could not be."""

    record: str = ""
    records: int = 0
    all: str = "none"
    """What befalls a sender that nothing else matches: ``-``, ``~``, ``?``, ``+`` or ``none``."""
    permits: int = 0
    """Terms that let senders through, included records' own among them."""
    lookups: int = 0
    void: int = 0
    problems: list[dict[str, object]] = field(default_factory=list)
    """``weight``, ``what``, ``where`` (the domain whose record it is), ``detail``."""
    unread: Missing | None = None

    def note(self, weight: str, what: str, where: str, detail: str) -> None:
        one: dict[str, object] = {"weight": weight, "what": what, "where": shown(where, 253),
                                  "detail": shown(detail, 300)}
        if one not in self.problems:
            self.problems.append(one)


def examine(resolver: Resolver, domain: str) -> Spf | Missing:
    """The SPF record of a domain and what it comes to; ``Missing`` where the record itself cannot be read."""
    found = Spf()
    answer = resolver.lookup(domain, "TXT")
    if answer.status is Status.LOOP and answer.missing is not None:
        found.note(FAULT, "alias-loop", domain, answer.missing.detail)
        return found
    if answer.missing is not None:
        return answer.missing
    texts = [one for one in answer.texts() if is_spf(one)]
    found.records = len(texts)
    if not texts:
        nearly = next((one for one in answer.texts() if one.lower().lstrip().startswith(("v=spf", "spf"))), None)
        if nearly is not None:
            found.note(FAULT, "not-a-record", domain, f"a TXT record begins like SPF but is none: {nearly[:80]!r}")
        return found
    found.record = texts[0]
    if len(texts) > 1:
        found.note(FAULT, "several-records", domain, f"{len(texts)} SPF records: receivers then use none of them")
        return found
    if len(texts[0]) > 450:
        found.note(REMARK, "long", domain, f"the record has {len(texts[0])} characters; answers over 512 bytes get "
                                           "lost on old networks")
    _Walk(resolver, found, domain).record(domain, texts[0], (domain,), included=False, passing=True)
    if found.lookups > MOST_LOOKUPS:
        found.note(FAULT, "too-many-lookups", domain, f"{found.lookups} look-ups of at most {MOST_LOOKUPS}: receivers "
                                                      "give up with an error")
    if found.void > MOST_VOID:
        found.note(FAULT, "too-many-void", domain, f"{found.void} look-ups find nothing, of at most {MOST_VOID}")
    return found


class _Walk:
    def __init__(self, resolver: Resolver, found: Spf, start: str) -> None:
        self.resolver = resolver
        self.found = found
        self.start = start

    def record(self, domain: str, text: str, above: tuple[str, ...], *, included: bool, passing: bool) -> None:
        """Follow one record; ``above`` are the domains on the way to it, itself last. ``passing`` says whether a
        sender that it lets pass is let pass by the whole."""
        found = self.found
        try:
            terms = parse(text)
        except BadTerm as error:
            found.note(FAULT, "syntax", domain, f"the record cannot be read: {error}")
            return
        end = next((index for index, one in enumerate(terms) if one.kind == "all"), None)
        if end is not None:
            behind = [one.text for one in terms[end + 1:] if one.kind not in ("redirect", "exp")]
            if behind:
                found.note(REMARK, "after-all", domain, f"{behind[0]} stands behind all and is not looked at")
        for one in terms[:end]:
            if one.kind not in ("redirect", "exp"):
                self._mechanism(domain, one, above, passing and one.qualifier == "+")
        if end is not None:
            self._all(domain, terms[end].qualifier, included, passing)
            return
        onward = next((one for one in terms if one.kind == "redirect"), None)
        if onward is not None:
            self._into(domain, onward, above, included=included, passing=passing)
        elif not included:
            found.note(FAULT, "no-end", domain, "the record ends without all: what it does not name may pass as before")

    def _all(self, domain: str, qualifier: str, included: bool, passing: bool) -> None:
        if qualifier == "+" and passing:
            self.found.permits += 1
            self.found.note(FAULT, "passes-everyone", domain, "all without a minus or a tilde lets every sender pass")
        if included:
            return
        self.found.all = qualifier
        if qualifier == "?":
            self.found.note(FAULT, "neutral", domain, "?all says nothing about senders that are not named")

    def _mechanism(self, domain: str, one: Term, above: tuple[str, ...], passing: bool) -> None:
        found = self.found
        if one.kind == "include":
            self._into(domain, one, above, included=True, passing=passing)
            return
        found.permits += passing
        if passing and one.kind in ("ip4", "ip6", "a", "mx"):
            self._width(domain, one)
        if one.kind not in ASKING:
            return
        found.lookups += 1
        if one.kind == "ptr":
            found.note(REMARK, "ptr", domain, "ptr is slow, can be forged by whoever owns the address, and is not to "
                                              "be used (RFC 7208, 5.5)")
            return
        target = expand(one.domain, domain, self.start) if one.domain else domain
        if target is None:
            found.note(REMARK, "macro", domain, f"{one.text} depends on who sends: whom it lets pass cannot be seen")
        elif one.kind == "mx":
            found.void += self._mail_hosts(domain, target)
        elif one.kind == "exists":
            self._exists(domain, one, target, passing)
        else:
            found.void += self._void(target, ("A", "AAAA"))

    def _exists(self, domain: str, one: Term, target: str, passing: bool) -> None:
        """An ``exists`` that names the same for every sender lets everybody pass, or nobody."""
        void = self._void(target, ("A",))
        self.found.void += void
        if passing and self.resolver.lookup(target, "A").found:
            self.found.note(FAULT, "passes-everyone", domain, f"{one.text} is there for every sender and lets all pass")

    def _width(self, domain: str, one: Term) -> None:
        four, six = one.widths
        if (one.kind != "ip6" and four < WIDE) or (one.kind != "ip4" and six < 2 * WIDE):
            self.found.note(FAULT, "passes-everyone", domain, f"{one.text} lets a good part of the internet pass")

    def _void(self, name: str, types: tuple[str, ...]) -> bool:
        """Whether a name has no record of any of these types."""
        answers = [self.resolver.lookup(name, rtype) for rtype in types]
        if any(one.found for one in answers):
            return False
        why = next((one.missing for one in answers if one.missing is not None), None)
        if why is not None:
            self._unread(why)
        return why is None

    def _mail_hosts(self, domain: str, name: str) -> bool:
        """Whether the look-ups of an ``mx`` find nothing."""
        answer = self.resolver.lookup(name, "MX")
        if answer.missing is not None:
            self._unread(answer.missing)
            return False
        if len(answer.rdatas) > MOST_MAIL_HOSTS:
            self.found.note(FAULT, "too-many-lookups", domain, f"mx: {name} has {len(answer.rdatas)} mail hosts, of at "
                                                               f"most {MOST_MAIL_HOSTS}")
            return False
        hosts = [one.exchange.to_text(omit_final_dot=True) for one in answer.rdatas]
        return answer.absent or any(self._void(one, ("A", "AAAA")) for one in hosts if one not in ("", "."))

    def _into(self, domain: str, one: Term, above: tuple[str, ...], *, included: bool, passing: bool) -> None:
        """Follow an include or a redirect."""
        found = self.found
        found.lookups += 1
        target = expand(one.domain, domain, self.start)
        if target is None:
            self._unread(Missing(Reason.UNSUPPORTED, f"{one.text} in the record of {domain} depends on who sends"))
            return
        target = target.rstrip(".").lower()
        if target in above:
            found.note(FAULT, "loop", domain, f"{one.text} leads back to {target}")
            return
        if found.lookups > STOP:
            return
        answer = self.resolver.lookup(target, "TXT")
        if answer.missing is not None and answer.status is not Status.LOOP:
            self._unread(answer.missing)
            return
        texts = [text for text in answer.texts() if is_spf(text)]
        if len(texts) == 1:
            self.record(target, texts[0], (*above, target), included=included, passing=passing)
            return
        found.void += answer.absent
        found.note(FAULT, "broken-include", domain, f"{one.text}: {target} has "
                   + (f"{len(texts)} SPF records" if texts else "no SPF record") + ", which makes the whole invalid")

    def _unread(self, why: Missing) -> None:
        self.found.unread = self.found.unread or why
