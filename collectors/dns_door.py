"""The door to the domain name system: one name and one type at a time, and why an answer is not known.

Asks the declared name servers, or the system's, over UDP and, where an answer is cut short, over TCP. Kept apart:
records; **no such record** and **no such name**, which only a whole answer of a server that may say so proves
(RFC 2308); an alias that leads in a circle; data that a validating server holds back as forged; and everything that
leaves the question open: no answer, SERVFAIL, REFUSED, answers that do not fit. Nothing but what the caller names
is asked.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from collectors.host.protocol import Host, LookError, Platform, Unsupported
from hustings.declared import Declared
from hustings.facts import Missing, Reason

if TYPE_CHECKING:
    import dns.message
    import dns.rrset

RESOLV_CONF = "/etc/resolv.conf"
EDNS_SIZE = 1232
"""Bytes of a UDP answer: what passes without fragments."""
ALIASES = 12
"""How many aliases are followed."""
PATIENCE = 2
"""After so many questions without any answer, a server that never answered is not asked again."""


class Status(StrEnum):
    """What came of a question."""

    FOUND = "found"
    NODATA = "nodata"
    """The name exists and has no record of that type."""
    NXDOMAIN = "nxdomain"
    """The name does not exist."""
    LOOP = "loop"
    """The alias at that name leads in a circle: nobody can look it up."""
    BOGUS = "bogus"
    """A validating server holds the answer back, and hands it out where asked not to check."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """What is known of one name and type."""

    name: str
    """As asked, in ASCII, without the last dot."""
    rtype: str
    status: Status
    rdatas: tuple[Any, ...] = ()
    """The records, as dnspython gives them."""
    canonical: str = ""
    """The name that holds them, past all aliases."""
    aliases: tuple[str, ...] = ()
    """The aliases passed, first to last."""
    authentic: bool = False
    """Whether the server says that it validated the answer (AD)."""
    missing: Missing | None = None
    """Why it is not known, for ``UNKNOWN``, ``BOGUS`` and ``LOOP``."""
    message: dns.message.Message | None = field(default=None, repr=False, compare=False)
    """The answer itself, of the last name asked."""

    @property
    def found(self) -> bool:
        return self.status is Status.FOUND

    @property
    def absent(self) -> bool:
        """Proven: no such record."""
        return self.status in (Status.NODATA, Status.NXDOMAIN)

    def known(self) -> Answer:
        """Itself, if the question is settled by records or by their absence; else raises ``LookError``."""
        if self.missing is not None:
            raise LookError(self.missing.reason, self.missing.detail)
        return self

    def texts(self) -> list[str]:
        """Of TXT records: each with its strings joined, without anything between them (RFC 7208, 3.3)."""
        return [b"".join(one.strings).decode("utf-8", "replace") for one in self.rdatas]


def _installed() -> None:
    try:
        import dns.message  # noqa: F401
    except ImportError as error:
        raise Unsupported("install hustings[domains]") from error


def ascii_name(name: str) -> str:
    """A domain name as it goes over the wire, in lower case; raises ``LookError`` for what is none."""
    _installed()
    import dns.exception
    import dns.name

    try:
        codec = None if name.isascii() else dns.name.IDNA_2008_UTS_46
        text: str = dns.name.from_text(name, idna_codec=codec).canonicalize().to_text(omit_final_dot=True)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise LookError(Reason.ERROR, f"{name!r} is not a domain name: {error}") from error
    return text


def address_of(server: str) -> tuple[str, int]:
    """``address``, ``address:port`` or ``[v6]:port`` in two; raises ``LookError`` for anything else."""
    host, port = server, "53"
    if server.startswith("["):
        host, end, rest = server[1:].partition("]")
        port = (rest.removeprefix(":") or "53") if end else ""
    elif server.count(":") == 1:
        host, _, port = server.partition(":")
    try:
        number = int(port)
        ip_address(host.partition("%")[0])
    except ValueError as error:
        raise LookError(Reason.ERROR, f"resolvers: {server!r} is not an address of a name server: write address, "
                                      "address:port or [address]:port") from error
    if not 0 < number < 65536:
        raise LookError(Reason.ERROR, f"resolvers: {server!r} has no port between 1 and 65535")
    return host, number


def servers(host: Host, declared: Declared) -> tuple[tuple[str, int], ...]:
    """The name servers to ask: the declared ones, else this machine's."""
    if declared.resolvers:
        return tuple(address_of(one) for one in declared.resolvers)
    if host.platform is Platform.WINDOWS:
        import dns.resolver

        found = [str(one) for one in dns.resolver.Resolver(configure=True).nameservers]
    else:
        lines = (line.split("#")[0].split(";")[0].split() for line in host.read(RESOLV_CONF).splitlines())
        found = [words[1] for words in lines if len(words) > 1 and words[0] == "nameserver"]
    if not found:
        raise LookError(Reason.ERROR, "this machine has no name server: declare one under resolvers")
    return tuple((one, 53) for one in found)


class Resolver:
    """Asks, and remembers what was answered for as long as it lives."""

    def __init__(self, servers: tuple[tuple[str, int], ...], *, timeout: float = 3.0, tries: int = 2,
                 budget: float = 60.0) -> None:
        """``timeout`` seconds for each try; ``budget`` seconds for all questions together."""
        self._servers = servers
        self._timeout = timeout
        self._tries = tries
        self._ends = self._last = time.monotonic() + budget
        self._silent: dict[tuple[str, int], int] = {}
        self._answered: set[tuple[str, int]] = set()
        self._seen: dict[tuple[str, str, bool], Answer] = {}
        self.questions = 0
        """How many questions went out."""

    @classmethod
    def of(cls, host: Host, declared: Declared, **options: float) -> Resolver:
        """For a running machine; raises ``LookError`` for others, and where the library is not installed."""
        if host.kind not in ("live", "network"):
            raise Unsupported("name servers are asked over the network, which an image or a recording does not have")
        _installed()
        return cls(servers(host, declared), **options)  # type: ignore[arg-type]

    def turn(self, seconds: float) -> None:
        """From now on at most ``seconds`` more for all questions: each domain has its own share of the time."""
        self._ends = min(self._last, time.monotonic() + seconds)

    def lookup(self, name: str, rtype: str, *, unchecked: bool = False) -> Answer:
        """What is known of a name; never raises for what the network does. ``unchecked`` asks a validating server
        for the data even if it would hold them back (CD)."""
        try:
            asked = ascii_name(name)
        except LookError as error:
            return Answer(name, rtype, Status.UNKNOWN, missing=error.missing)
        memory = (asked, rtype, unchecked)
        if memory not in self._seen:
            self._seen[memory] = self._follow(asked, rtype, unchecked)
        return self._seen[memory]

    def _follow(self, asked: str, rtype: str, unchecked: bool) -> Answer:
        """Ask, and go on where an answer ends with an alias."""
        passed: list[str] = []
        name, authentic = asked, True
        while True:
            answer = self._ask(name, rtype, unchecked)
            authentic = authentic and answer.authentic
            passed.extend(answer.aliases)
            onward = answer.canonical if answer.status is Status.FOUND and not answer.rdatas else ""
            if answer.status is Status.LOOP or (onward and onward in {asked, *passed[:-1]}) or len(passed) > ALIASES:
                return Answer(asked, rtype, Status.LOOP, aliases=tuple(passed), message=answer.message,
                              missing=Missing(Reason.ERROR, f"the alias at {asked} leads in a circle"))
            if not onward:
                return Answer(asked, rtype, answer.status, answer.rdatas, answer.canonical or name, tuple(passed),
                              authentic, answer.missing, answer.message)
            name = onward

    def _ask(self, name: str, rtype: str, unchecked: bool) -> Answer:
        """Every server in turn until one gives a sound answer; else the reason of the one that said most."""
        worst = Answer(name, rtype, Status.UNKNOWN, missing=Missing(Reason.TIMEOUT, f"no name server answers about "
                                                                                   f"{name} {rtype}"))
        for server in self._servers:
            if self._silent.get(server, 0) >= PATIENCE and server not in self._answered:
                continue
            answer = self._ask_one(server, name, rtype, unchecked)
            if answer.status is not Status.UNKNOWN:
                return answer
            if answer.missing is not None and answer.missing.reason is not Reason.TIMEOUT:
                worst = answer
        return worst

    def _ask_one(self, server: tuple[str, int], name: str, rtype: str, unchecked: bool) -> Answer:
        """Bogus is what a server holds back twice and hands out unchecked: a failure that passes is none."""
        import dns.rcode

        got = self._exchange(server, name, rtype, unchecked)
        if isinstance(got, Missing):
            return Answer(name, rtype, Status.UNKNOWN, missing=got)
        answer = read(got, name, rtype)
        if answer.status is Status.UNKNOWN and got.rcode() == dns.rcode.SERVFAIL and not unchecked:
            second = self._exchange(server, name, rtype, True)
            if not isinstance(second, Missing) and read(second, name, rtype).status is not Status.UNKNOWN:
                again = self._exchange(server, name, rtype, False)
                if isinstance(again, Missing):
                    return Answer(name, rtype, Status.UNKNOWN, missing=again)
                if again.rcode() != dns.rcode.SERVFAIL:
                    return read(again, name, rtype)
                return Answer(name, rtype, Status.BOGUS, message=second, missing=Missing(
                    Reason.ERROR, f"the DNSSEC signatures of {name} {rtype} do not hold, and a validating name server "
                                  "holds the records back"))
        return answer

    def _exchange(self, server: tuple[str, int], name: str, rtype: str,
                  unchecked: bool) -> dns.message.Message | Missing:
        """One question to one server, over UDP and then TCP; without extensions where it knows none."""
        import dns.exception
        import dns.flags
        import dns.message
        import dns.query
        import dns.rcode

        flags = dns.flags.RD | (dns.flags.CD if unchecked else 0)
        query = dns.message.make_query(name, rtype, use_edns=0, want_dnssec=True, payload=EDNS_SIZE, flags=flags)
        why = Missing(Reason.TIMEOUT, f"no name server answers about {name} {rtype}")
        for _ in range(self._tries):
            left = self._ends - time.monotonic()
            if left <= 0:
                return Missing(Reason.TIMEOUT, "the time for questions to name servers is used up")
            self.questions += 1
            try:
                try:
                    got = dns.query.udp(query, server[0], min(self._timeout, left), server[1], ignore_unexpected=True,
                                        ignore_errors=True, raise_on_truncation=True)
                except dns.message.Truncated:
                    self._answered.add(server)
                    got = dns.query.tcp(query, server[0], min(self._timeout, left), server[1])
            except dns.exception.Timeout:
                self._silent[server] = self._silent.get(server, 0) + 1
                continue
            except dns.exception.DNSException as error:
                why = Missing(Reason.ERROR, f"the answer about {name} {rtype} cannot be read: {type(error).__name__}")
                continue
            except (OSError, EOFError) as error:
                self._silent[server] = self._silent.get(server, 0) + 1
                why = Missing(Reason.ERROR, f"name server {server[0]} cannot be reached: "
                                            f"{getattr(error, 'strerror', None) or type(error).__name__}")
                continue
            self._answered.add(server)
            if got.rcode() in (dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.BADVERS) and query.edns >= 0:
                query = dns.message.make_query(name, rtype, use_edns=False, flags=flags)
                why = Missing(Reason.ERROR, f"the name server does not understand the question about {name} {rtype}")
                continue
            return got
        return why


def read(message: dns.message.Message, name: str, rtype: str) -> Answer:
    """What one answer says of a name. Pure.

    ``FOUND`` without records means that it ends with an alias to ``canonical``, which it says nothing of.
    """
    import dns.flags
    import dns.message
    import dns.name
    import dns.rcode
    import dns.rdatatype

    def unknown(detail: str) -> Answer:
        return Answer(name, rtype, Status.UNKNOWN, message=message, missing=Missing(Reason.ERROR, detail))

    authentic = bool(message.flags & dns.flags.AD)
    if message.flags & dns.flags.TC:
        return unknown(f"the answer to {name} {rtype} is cut short")
    if message.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        word = dns.rcode.to_text(message.rcode())
        return unknown(f"the name server answers {word} to {name} {rtype}")
    wanted = dns.rdatatype.from_text(rtype)
    owner = dns.name.from_text(name).canonicalize()
    passed: list[str] = []
    holdings = {(one.name.canonicalize(), one.rdtype): one for one in message.answer}
    while (owner, wanted) not in holdings and (owner, dns.rdatatype.CNAME) in holdings:
        owner = holdings[owner, dns.rdatatype.CNAME][0].target.canonicalize()
        if owner.to_text(omit_final_dot=True) in passed or owner == dns.name.from_text(name).canonicalize():
            return Answer(name, rtype, Status.LOOP, aliases=tuple(passed), message=message,
                          missing=Missing(Reason.ERROR, f"the alias at {name} leads in a circle"))
        passed.append(owner.to_text(omit_final_dot=True))
    canonical, aliases = owner.to_text(omit_final_dot=True), tuple(passed)
    rrset = holdings.get((owner, wanted))
    if rrset is not None:
        return Answer(name, rtype, Status.FOUND, tuple(rrset), canonical, aliases, authentic, message=message)
    if not message.flags & (dns.flags.AA | dns.flags.RA):
        return unknown(f"the name server is not responsible for {name} and asks nobody else")
    if message.rcode() == dns.rcode.NXDOMAIN:
        return Answer(name, rtype, Status.NXDOMAIN, (), canonical, aliases, authentic, message=message)
    types = {one.rdtype for one in message.authority}
    if dns.rdatatype.SOA in types:
        return Answer(name, rtype, Status.NODATA, (), canonical, aliases, authentic, message=message)
    if passed:
        return Answer(name, rtype, Status.FOUND, (), canonical, aliases, authentic, message=message)
    if message.answer and not any(key == owner for key, _ in holdings):
        return unknown(f"the name server answers about another name than {name}")
    if dns.rdatatype.NS in types and not message.flags & dns.flags.AA:
        return unknown(f"the name server refers {name} to others instead of answering")
    return Answer(name, rtype, Status.NODATA, (), canonical, aliases, authentic, message=message)
