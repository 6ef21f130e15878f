"""domain_mail: what a domain says about its mail in the domain name system.

Which hosts take its mail (MX), who may send in its name (SPF), with which keys its mail is signed (DKIM, of the
declared selectors), what receivers are asked to do with the rest (DMARC), and whether it announces MTA-STS and wants
reports about encryption (TLS-RPT). Asked are the declared domains and what their records lead to, nothing else.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from collectors import _dkim, _dmarc, _spf
from collectors._domain_mail_facts import FACTS
from collectors._shown import shown
from collectors.base import ABSENT, Collected, Collector, Missing, Platform, Reason, gather, key
from collectors.dns_door import RESOLV_CONF, Answer, Resolver, Status, ascii_name
from collectors.host.protocol import Host, LookError, Unsupported
from hustings.declared import Declared, Domain
from hustings.facts import Listing

SHARE, BUDGET = 60.0, 280.0
"""Seconds for all questions about one domain, and about all of them."""

_NO_SELECTORS = Missing(Reason.UNSUPPORTED, "declare dkim_selectors, the selectors that the domain's mail is signed "
                                            "with: they cannot be found by looking")


def collect(host: Host, declared: Declared) -> Collected:
    """Every declared domain; each part that cannot be learnt keeps its own reason."""
    found: Collected = {}
    resolver: Resolver | None = None
    for one in declared.domains:
        found[key("domain.sends_mail", one.name)] = one.sends_mail
        try:
            resolver = resolver or Resolver.of(host, declared, budget=BUDGET)
            resolver.turn(SHARE)
            name = ascii_name(one.name)
        except LookError as error:
            found |= {key(fact.id, one.name): error.missing for fact in FACTS if fact.id != "domain.sends_mail"}
            continue
        parts = {_MX: _mx, _SPF: _spf_facts, _DKIM: _dkim_facts, _DMARC: _dmarc_facts, _TRANSPORT: _transport}
        about = gather({tuple(names): partial(part, resolver, name, one) for names, part in parts.items()})
        found |= {key(fact, one.name): value for fact, value in about.items()}
    return found


def _facts(prefix: str) -> tuple[str, ...]:
    return tuple(fact.id for fact in FACTS if fact.id.startswith(f"domain.{prefix}"))


_MX = (*_facts("mx"), "domain.null_mx")
_SPF, _DKIM, _DMARC = _facts("spf"), _facts("dkim"), _facts("dmarc")
_TRANSPORT = (*_facts("mta_sts"), *_facts("tls_"), "domain.transport_problems")


def _mx(resolver: Resolver, name: str, one: Domain) -> Collected:
    answer = resolver.lookup(name, "MX").known()
    hosts = sorted((mx.preference, mx.exchange.to_text(omit_final_dot=True).lower()) for mx in answer.rdatas)
    null = [host for _, host in hosts] == ["."]
    return {
        "domain.mx": Listing([{"preference": order, "host": host} for order, host in hosts if host != "."]),
        "domain.null_mx": null,
    }


def _spf_facts(resolver: Resolver, name: str, one: Domain) -> Collected:
    found = _spf.examine(resolver, name)
    if isinstance(found, Missing):
        return dict.fromkeys(_SPF, found)
    single, open_ = found.records == 1, found.unread

    def counted(value: int, most: int) -> object:
        """A count is a lower bound where something was not read: it decides only if it is too large already."""
        return ABSENT if not single else value if open_ is None or value > most else open_

    return {
        "domain.spf_records": found.records,
        "domain.spf": shown(found.record) or ABSENT,
        "domain.spf_all": ABSENT if not single else open_ if open_ and found.all == "none" else found.all,
        "domain.spf_permits": counted(found.permits, 0),
        "domain.spf_lookups": counted(found.lookups, _spf.MOST_LOOKUPS),
        "domain.spf_void": counted(found.void, _spf.MOST_VOID),
        "domain.spf_problems": Listing(found.problems, complete=open_ is None, why=open_),
    }


def _dkim_facts(resolver: Resolver, name: str, one: Domain) -> Collected:
    if not one.dkim_selectors:
        return {"domain.dkim_keys": _NO_SELECTORS if one.sends_mail else ABSENT}
    return {"domain.dkim_keys": Listing([_dkim.key_of(resolver, name, selector) for selector in one.dkim_selectors])}


def _dmarc_facts(resolver: Resolver, name: str, one: Domain) -> Collected:
    _installed()
    found = _dmarc.Search(resolver, name).run()
    if isinstance(found, Missing):
        return dict.fromkeys(_DMARC, found)
    record, words = found.record, {"r": "relaxed", "s": "strict"}
    return {
        "domain.dmarc": shown(record.text) if record else ABSENT,
        "domain.dmarc_at": record.at if record else ABSENT,
        "domain.dmarc_rule": found.rule if record else ABSENT,
        "domain.dmarc_policy": found.policy or ABSENT,
        "domain.dmarc_subdomain_policy": found.subdomains or ABSENT,
        "domain.dmarc_percent": record.percent if record else ABSENT,
        "domain.dmarc_testing": record.testing if record else ABSENT,
        "domain.dmarc_alignment_dkim": words[record.dkim] if record else ABSENT,
        "domain.dmarc_alignment_spf": words[record.spf] if record else ABSENT,
        "domain.dmarc_reports": Listing(_dmarc.destinations(resolver, record) if record else []),
        "domain.dmarc_problems": Listing(found.problems),
    }


def _transport(resolver: Resolver, name: str, one: Domain) -> Collected:
    _installed()
    problems: list[dict[str, object]] = []
    announced = resolver.lookup(f"_mta-sts.{name}", "TXT")
    reports = resolver.lookup(f"_smtp._tls.{name}", "TXT")
    return {
        "domain.mta_sts_id": _only("mta-sts", "v=STSv1", announced, _mta_sts_id, problems),
        "domain.tls_reports": _only("tls-rpt", "v=TLSRPTv1", reports, _tls_reports, problems),
        "domain.transport_problems": _whole(problems, announced, reports),
    }


def _only(what: str, version: str, answer: Answer, read: object, problems: list[dict[str, object]]) -> object:
    """What the one record of a kind says; absent where senders find none that they can use."""
    if answer.status is Status.LOOP and answer.missing is not None:
        problems.append({"what": what, "detail": answer.missing.detail})
        return ABSENT
    if answer.missing is not None:
        return answer.missing
    texts = [one for one in answer.texts() if one.startswith(version)]
    if len(texts) != 1:
        if texts:
            problems.append({"what": what, "detail": f"{len(texts)} records at {answer.name}: senders use none"})
        elif answer.found:
            problems.append({"what": what, "detail": f"the TXT record at {answer.name} does not begin with {version}"})
        return ABSENT
    assert callable(read)
    value, complaint = read(texts[0])
    if complaint:
        problems.append({"what": what, "detail": shown(complaint)})
        return ABSENT
    return value


def _mta_sts_id(text: str) -> tuple[str, str]:
    from checkdmarc.mta_sts import MTASTSError, parse_mta_sts_record

    try:
        return str(parse_mta_sts_record(text)["tags"]["id"]), ""
    except MTASTSError as error:
        return "", str(error)[:200]


def _tls_reports(text: str) -> tuple[Listing, str]:
    from checkdmarc.smtp_tls_reporting import SMTPTLSReportingError, parse_smtp_tls_reporting_record

    try:
        addresses = parse_smtp_tls_reporting_record(text)["tags"]["rua"]["value"]
    except SMTPTLSReportingError as error:
        return Listing([]), str(error)[:200]
    return Listing([shown(str(one), 200) for one in addresses]), ""


def _whole(problems: list[dict[str, object]], *answers: Answer) -> Listing:
    why = next((one.missing for one in answers if one.missing is not None and one.status is not Status.LOOP), None)
    return Listing(problems, complete=why is None, why=why)


def _installed() -> None:
    try:
        import checkdmarc.dmarc  # noqa: F401
    except ImportError as error:
        raise Unsupported("install hustings[domains]") from error


COLLECTOR = Collector(
    name="domain_mail",
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS, Platform.MACOS}),
    facts=FACTS,
    collect=collect,
    reads=(RESOLV_CONF,),
    timeout=300.0,
    every=timedelta(hours=6),
    each="domain",
    needs="ask name servers over the network",
)
