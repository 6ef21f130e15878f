"""Looking at domains and tenants from any machine: which declarations, collectors and checks that takes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from agent import config as configs
from agent.audit import Audit, needed_facts
from agent.domain_names import domain_name, selector
from collectors import isolate
from collectors.discovery import discover
from collectors.host.network import NetworkHost
from collectors.host.protocol import Host, LookError
from hustings.declared import KINDS, Declared, Domain
from hustings.errors import CannotFinish, ConfigError, UsageError
from hustings.facts import Reason
from hustings.verdicts import Result
from policies.derive.base import derive_all
from policies.evaluate import Context, judge_all
from policies.model import Pack

AT_ONCE = 8
"""Collectors at work at once: they mostly wait."""
ROLES = {"domain": "domain", "tenant": "directory"}
CAMPAIGN = "campaign-laptop"
"""The role of this machine that says something of its domains too: they are a campaign's."""


@dataclass(frozen=True)
class Wish:
    """What was asked for on the command line."""

    domains: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()
    resolvers: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    """Beside those of a domain and a directory: `campaign-laptop` for a campaign's."""
    no_mail: bool = False


def declared_for(wish: Wish, config: Path | None) -> tuple[Declared, str]:
    """What is declared of the domains and tenants that are wished for, and nothing else; a note where the machine's
    own declaration may not be read. Raises ``UsageError``, ``ConfigError``."""
    names = list(dict.fromkeys(domain_name(one) for one in wish.domains))
    if not names and (wish.selectors or wish.no_mail):
        raise UsageError("it is about a domain, and none is given", where="--dkim-selector" if wish.selectors else
                         "--no-mail", remedy="add --domain NAME")
    wish = replace(wish, selectors=tuple(selector(one) for one in wish.selectors))
    base, note = _base(config, needed=bool(wish.tenants))
    known = {domain_name(one.name, "domains"): one for one in base.domains}
    domains = tuple(_wished(known.get(name, Domain(name)), wish, tuple(known)) for name in names)
    tenants = {one.name: one for one in base.tenants}
    for name in wish.tenants:
        if name not in tenants:
            raise UsageError(f"no tenant is declared by the name {name!r}", where="--tenant",
                             remedy=f"use one of: {', '.join(tenants)}" if tenants else
                             "declare it under tenants in machine.yaml (docs/directories.md), and name the file with "
                             "--config")
    own = tuple(ROLES[kind] for kind, there in (("domain", names), ("tenant", wish.tenants)) if there)
    chosen = {"domains": domains, "tenants": tuple(tenants[one] for one in dict.fromkeys(wish.tenants))}
    return msgspec.structs.replace(
        base, **{plural: chosen.get(plural, ()) for plural in KINDS.values()},
        roles=tuple(dict.fromkeys((*own, *(one for one in configs.with_roles(base, wish.roles).roles
                                           if wish.roles or one == CAMPAIGN)))),
        roster=base.roster if wish.tenants else "", resolvers=wish.resolvers or base.resolvers), note


def _base(config: Path | None, *, needed: bool) -> tuple[Declared, str]:
    try:
        return configs.load(config), ""
    except ConfigError as error:
        if config is not None or needed or not isinstance(error.__cause__, PermissionError):
            raise
        return Declared(), f"{error.where} may not be read: the domain is looked at as if nothing were declared of it"


def _wished(domain: Domain, wish: Wish, known: tuple[str, ...]) -> Domain:
    """The domain as it is to be looked at; the office's other domains, which are not, stay known as its own."""
    selectors = tuple(dict.fromkeys((*domain.dkim_selectors, *wish.selectors)))
    return msgspec.structs.replace(domain, dkim_selectors=selectors, sends_mail=domain.sends_mail and not wish.no_mail,
                                    leads_to=tuple(dict.fromkeys((*domain.leads_to, *known))))


def require_names(host: Host, declared: Declared) -> None:
    """Raise unless name servers answer and know the domains: ``CannotFinish``, or ``UsageError`` for a name that
    does not exist."""
    from collectors.dns_door import Resolver, Status, address_of

    try:
        for one in declared.resolvers:
            address_of(one)
    except LookError as error:
        raise UsageError(error.missing.detail, where="--resolver", remedy="such as 192.0.2.53 or 192.0.2.53:5353"
                         ) from error
    for domain in declared.domains:
        try:
            resolver = Resolver.of(host, declared, budget=20.0)
        except LookError as error:
            raise CannotFinish(error.missing.detail, where=domain.name,
                               remedy="pip install 'hustings[domains]'" if "install" in error.missing.detail else
                               "name a server with --resolver ADDRESS") from error
        answers = [resolver.lookup(domain.name, kind) for kind in ("SOA", "NS", "A", "MX")]
        if all(one.status is Status.NXDOMAIN for one in answers):
            raise UsageError("there is no such domain", where=domain.name,
                             remedy="check how it is written, and that its registration has not lapsed")
        why = answers[0].missing
        silent = why is not None and (why.reason is Reason.TIMEOUT or "cannot be reached" in why.detail)
        if all(one.missing is not None for one in answers) and silent:
            servers = ", ".join(declared.resolvers) or "this machine's name servers"
            raise CannotFinish(f"no name server answers ({servers})", where=domain.name,
                               remedy="check the network, or name a server that answers with --resolver ADDRESS")


def audit(declared: Declared, pack: Pack, *, only: Iterable[str] = (),
          overrides: Mapping[str, Mapping[str, Any]] | None = None, host: Host | None = None) -> Audit:
    """Look at the declared domains and tenants, and judge them. Raises ``UsageError`` for an ``only`` that is about
    neither."""
    host = host or NetworkHost()
    started, clock = host.now(), time.monotonic()
    kinds = {kind for kind in ROLES if declared.instances(kind)}
    checks = [one.id for one in pack.checks if one.scope == "machine" and one.each in kinds]
    for name in only:
        if name not in checks:
            raise UsageError(f"{name} is not about {' or '.join(sorted(f'a {one}' for one in kinds))}", where="--only",
                             remedy="leave --domain and --tenant out to check this machine")
    wanted = tuple(only) or tuple(checks)
    needed = needed_facts(pack, wanted)
    collectors = [one for one in discover(host.platform) if any(fact.id in needed for fact in one.facts)
                  and (one.each in kinds or (one.name == "roster" and "tenant" in kinds))]
    looked = isolate.look(host, collectors, declared, workers=AT_ONCE)
    facts = derive_all(looked.facts, declared, pack.tables, host.now())
    context = Context(now=host.now(), roles=declared.roles, voting_days=declared.voting_days, overrides=overrides or {},
                      declared={kind: tuple(declared.instances(kind)) for kind in KINDS})
    results: list[Result] = judge_all(pack, facts, context, only=wanted)
    lacking = tuple(f"{name}: {need}" for name, need in sorted(looked.lacking.items()))
    return Audit(", ".join((*declared.instances("domain"), *declared.instances("tenant"))), started,
                 time.monotonic() - clock, declared, pack, facts, results, lacking, overrides or {})
