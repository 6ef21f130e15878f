"""``hustings directory mfa``: of each account, whether a second factor is demanded of every sign-in, and why not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from agent.directory.mfa_row import Row
from hustings.errors import CannotFinish, Exit, UsageError

if TYPE_CHECKING:
    from hustings.declared import Tenant
    from hustings.directory import google
    from hustings.directory.entra import State, User
    from policies.directory.entra_engine import Verdict

    Known: TypeAlias = State | google.State

SCHEMA = "hustings.directory-mfa/1"
LIMIT = 512 << 20
"""Bytes of a state that are read at most."""
_PATIENCE = 3600.0
"""Seconds for reading a tenant that asks for patience."""
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


@click.command()
@click.argument("name", metavar="[TENANT]", required=False)
@click.option("--config", "path", type=click.Path(path_type=Path),
              help="machine.yaml; /etc/hustings/machine.yaml if there is one.")
@click.option("--state", "state_path", type=click.Path(path_type=Path),
              help="What `hustings directory read` wrote, instead of asking the tenant now.")
@click.option("--account", "accounts", multiple=True, metavar="NAME",
              help="Only this account, by its sign-in name, mail address or id. May be repeated.")
@click.option("--all", "everyone", is_flag=True, help="Show those of whom it is demanded too.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def mfa(name: str | None, path: Path | None, state_path: Path | None, accounts: tuple[str, ...], everyone: bool,
        form: str) -> None:
    """Who must use a second factor for every sign-in to a tenant, who slips through, and why.

    Of Microsoft Entra ID, conditional access, security defaults and the setting by user are taken together, for every
    application, client, platform, place and level of risk (docs/effective-mfa.md); of Google Workspace, what Google
    says of the account and the settings that cover it (docs/google-workspace.md). Names are shown: they stay here.

    A file of --state needs no machine.yaml: then nobody is excused.

    Exit code 1: somebody whom machine.yaml does not excuse slips through. 3: of somebody it cannot be said.
    """
    from agent.directory.tenants import tenant

    data = _from_file(state_path) if state_path else b""
    chosen = (_undeclared(data, path, name) if state_path else None) or tenant(path, name, kinds=tuple(_KINDS))
    state = _decoded(data, str(state_path), chosen) if state_path else _asked(chosen)
    rows = list(_rows(state, chosen))
    shown = _chosen(rows, state, accounts) if accounts else rows
    listed = shown if everyone or accounts else [one for one in shown if one.outcome not in ("demanded", "refused")]
    unread = {section: str(one.missing()) for section, one in sorted(state.unread.items())
              if section in ("users", *_sections(chosen))}
    click.echo(_as_json(chosen, state, shown, listed, unread) if form == "json" else
               _as_text(chosen, state, shown, listed, unread))
    if any(one.outcome == "not demanded" and not one.declared for one in shown):
        raise click.exceptions.Exit(int(Exit.NO))
    if _unproven(chosen) & unread.keys() or any(one.outcome == "undecided" and not one.declared for one in shown):
        raise click.exceptions.Exit(int(Exit.CANNOT))


_KINDS = {"entra": "Microsoft Entra ID", "google": "Google Workspace"}
"""The kinds of tenant that know second factors."""
_SECTIONS = ("policies", "security_defaults", "groups", "roles", "strengths", "locations", "per_user_mfa")
"""What may be unread and would tell more."""


def _sections(tenant: Tenant) -> tuple[str, ...]:
    if tenant.kind == "entra":
        return _SECTIONS
    from agent.directory import mfa_google

    return mfa_google.SECTIONS


def _unproven(tenant: Tenant) -> frozenset[str]:
    """Sections without which it is proven of nobody."""
    if tenant.kind == "entra":
        return frozenset({"users"})
    from agent.directory import mfa_google

    return mfa_google.DECIDING | {"users"}


def _rows(state: Known, tenant: Tenant) -> Iterator[Row]:
    from hustings.directory import google

    if not isinstance(state, google.State):
        return answers(state, tenant)
    from agent.directory import mfa_google

    return mfa_google.answers(state, tenant)


def answers(state: State, tenant: Tenant) -> Iterator[Row]:
    """A row for each account that can sign in, by name."""
    from policies.directory.context import Context
    from policies.directory.entra_demands import Question
    from policies.directory.entra_engine import SLIPS, UNDECIDED, Engine
    from policies.directory.entra_mfa import Answers, outside
    from policies.directory.entra_people import People

    context = Context(tenant, state.read_at)
    engine, people = Engine(state, context), People(state, context)
    said, view = Answers(engine, people), engine.view(Question.SECOND_FACTOR)

    def words(verdict: Verdict) -> dict[str, str]:
        if verdict.outcome == UNDECIDED:
            return {"why": verdict.doubts[0], "detail": said.doubt(verdict)}
        if verdict.outcome != SLIPS:
            return {}
        found = said.explain(user, verdict, view)
        return {"why": found.why, "detail": said.detail(user, verdict, view),
                "near_miss": "" if people.declared(user) else found.near_miss}

    for user in sorted(people.users, key=lambda one: one.name.casefold()):
        verdict, admin = engine.judge(user, view), people.is_admin(user)
        yield Row(user.name, verdict.outcome, admin if isinstance(admin, bool) else None, outside(user),
                  people.declared(user), tuple(engine.names(verdict.by)), **words(verdict))


def _names(user: User | google.User) -> tuple[str, ...]:
    from hustings.directory import google

    if not isinstance(user, google.User):
        return user.name, user.mail, user.id
    from agent.directory import mfa_google

    return mfa_google.names(user)


def _chosen(rows: Iterable[Row], state: Known, accounts: tuple[str, ...]) -> list[Row]:
    """The rows of the accounts asked for. Raises ``UsageError`` for one that is not there."""
    wanted = {one.casefold(): one for one in accounts}
    found: dict[str, str] = {}
    disabled = set()
    for user in state.users:
        for known in _names(user):
            if known and known.casefold() in wanted:
                found[user.name] = known.casefold()
                if not user.enabled:
                    disabled.add(known.casefold())
    missing = [said for folded, said in wanted.items() if folded not in found.values()]
    if missing:
        raise UsageError(f"the tenant has no account {missing[0]!r}", where="--account",
                         remedy="name it by its sign-in name, mail address or id")
    if disabled:
        raise UsageError(f"{wanted[min(disabled)]!r} is disabled: it cannot sign in at all", where="--account",
                         remedy="name an account that is enabled")
    return [one for one in rows if one.account in found]


def _from_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=str(path),
                         remedy="name what `hustings directory read` wrote") from error
    if len(data) > LIMIT:
        raise UsageError(f"larger than {LIMIT >> 20} MB", where=str(path),
                         remedy="name what `hustings directory read` wrote")
    return data


def _undeclared(data: bytes, path: Path | None, name: str | None) -> Tenant | None:
    """The tenant of a file where this machine declares none of these kinds: one of which nothing is declared."""
    import msgspec

    from agent import config
    from hustings.declared import Tenant
    from hustings.directory import entra

    if path is not None or any(one.kind in _KINDS for one in config.load(None).tenants):
        return None
    try:
        said = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        called = msgspec.json.decode(said.get("id", b'""'), type=str)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        said, called = {}, ""
    own = set(said) <= set(entra.State.__struct_fields__)
    return Tenant(name=name or called, kind="entra" if own else "google")


def _decoded(data: bytes | str, where: str, tenant: Tenant) -> Known:
    """A state, if it is one of this tenant. Raises ``UsageError``."""
    import msgspec

    from hustings.directory import entra, google

    kind: type[entra.State] | type[google.State] = google.State if tenant.kind == "google" else entra.State
    title = _KINDS[tenant.kind]
    remedy = "name a file that `hustings directory read` wrote of this tenant"
    try:
        strange = sorted(set(msgspec.json.decode(data, type=dict[str, msgspec.Raw])) - set(kind.__struct_fields__))
        state = msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UsageError(f"not what was read of a tenant of {title}: {error}", where=where, remedy=remedy) from error
    if strange:
        raise UsageError(f"not what was read of a tenant of {title}: it holds {strange[0]!r}", where=where,
                         remedy=remedy)
    if not state.users and "users" not in state.unread:
        raise UsageError("it holds no accounts at all", where=where, remedy=remedy)
    told = _GUID.match(state.id) and _GUID.match(tenant.id) if tenant.kind == "entra" else "my_customer" not in (
        state.id, tenant.id or "my_customer")
    if told and state.id.casefold() != tenant.id.casefold():
        raise UsageError(f"it was read of the tenant {state.id}, and {tenant.name} is {tenant.id}", where=where,
                         remedy=remedy)
    return state


def _asked(tenant: Tenant) -> Known:
    """The tenant as it is now, however long the service makes us wait. Raises ``CannotFinish``."""
    from collectors import _entra_run
    from collectors.host.live import LiveHost
    from collectors.host.protocol import LookError

    try:
        if tenant.kind == "google":
            from agent.directory import mfa_google

            return mfa_google.asked(tenant, _PATIENCE)
        state, _, _ = _entra_run.run(LiveHost(), tenant, within=_PATIENCE)
    except LookError as error:
        raise CannotFinish(error.missing.detail or str(error.missing.reason), where=f"tenant {tenant.name}",
                           remedy=f"hustings directory setup {tenant.kind} shows what it takes") from None
    return state


def _counts(rows: list[Row]) -> dict[str, int]:
    outcomes = Counter(one.outcome for one in rows)
    return {"accounts": len(rows), **{name.replace(" ", "_"): outcomes[name] for name in (
        "demanded", "refused", "not demanded", "undecided")},
        "not_demanded_declared": sum(one.declared for one in rows if one.outcome == "not demanded")}


def _as_json(tenant: Tenant, state: Known, rows: list[Row], listed: list[Row], unread: dict[str, str]) -> str:
    import msgspec

    document = {"schema": SCHEMA, "tenant": tenant.name, "read_at": state.read_at, "summary": _counts(rows),
                "accounts": listed, "unread": unread}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _as_text(tenant: Tenant, state: Known, rows: list[Row], listed: list[Row], unread: dict[str, str]) -> str:
    from agent.render import visible

    lines = []
    for one in listed:
        kinds = [word for word, holds in (("administrator", one.admin), ("guest", one.guest),
                                          ("declared", one.declared)) if holds]
        lines.append(visible(f"{one.outcome:<13} {one.account}" + (f" ({', '.join(kinds)})" if kinds else "")))
        said = [f"by {', '.join(one.by)}"] if one.by else []
        said += [f"{one.why}: {one.detail}"] if one.why else []
        lines += [f"              {visible(text)}" for text in (*said, one.near_miss) if text]
    lines += [visible(f"not read      {section}: {why}") for section, why in unread.items()]
    counts = _counts(rows)
    lines.append(visible(
        f"{tenant.name}, as read {state.read_at:%Y-%m-%d %H:%M} UTC. Accounts: {counts['accounts']}. A second factor "
        f"is demanded of {counts['demanded']}; refused: {counts['refused']}; slipping through: "
        f"{counts['not_demanded']} (as declared: {counts['not_demanded_declared']}); undecided: {counts['undecided']}"))
    return "\n".join(lines)
