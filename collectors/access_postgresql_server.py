"""What PostgreSQL's server says of itself: settings, who is let in, its mirrors, the office's counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from collectors import access_postgresql_queries as queries
from hustings.access.state import SignInRule, Standby
from hustings.errors import UsageError
from hustings.facts import Missing, Reason

Optional = Callable[[str, str, Any], list[tuple[Any, ...]] | None]
"""Part of the state, query, parameters; None when it was refused, which is then in ``missing``."""

HIDDEN = "the role may not see it: it needs the function hustings.{} (see `hustings access grant-script`) or {}"
SECRETS = ("ldapbindpasswd=", "radiussecrets=")
"""Options of sign-in rules that are passwords."""
COUNT_NAME = re.compile(r"[a-z][a-z0-9_]{0,56}")


@dataclass(frozen=True)
class Server:
    settings: dict[str, str]
    overrides: tuple[tuple[str, str, str, str], ...]
    sign_in_rules: tuple[SignInRule, ...]
    untrusted_languages: tuple[str, ...]
    passwords: dict[str, str]
    standbys: tuple[Standby, ...]
    receiver: str
    answers: dict[str, int]


def read_server(ask: Optional, missing: dict[str, Missing], names: Mapping[int, str], *, in_recovery: bool,
                counts: tuple[str, ...]) -> Server:
    """Ask for each part; one that is refused costs itself alone."""
    helpers = {name for (name,) in ask("helpers", queries.HELPERS, None) or ()}
    missing.pop("helpers", None)  # whatever needs one says so itself
    return Server(
        settings=_settings(ask, missing, helpers),
        overrides=tuple((names[role] if role else "", database, name, value) for role, database, name, value
                        in ask("overrides", queries.OVERRIDES, [list(queries.OVERRIDES_OF)]) or ()),
        sign_in_rules=tuple(_rule(*row) for row in ask("sign_in_rules", queries.HBA, None) or ()),
        untrusted_languages=tuple(name for (name,) in ask("untrusted_languages", queries.LANGUAGES, None) or ()),
        passwords=_passwords(ask, missing, helpers),
        standbys=_standbys(ask, missing, helpers),
        receiver=_receiver(ask, missing, helpers) if in_recovery else "",
        answers=_answers(ask, missing, helpers, counts),
    )


def _settings(ask: Optional, missing: dict[str, Missing], helpers: set[str]) -> dict[str, str]:
    found: dict[str, str | None] = dict(ask("settings", queries.SETTINGS_SHOWN, [list(queries.SETTINGS)]) or ())
    if "settings" not in missing and "settings" in helpers and not set(queries.SETTINGS) <= found.keys():
        found |= dict(ask("settings", queries.SETTINGS_THROUGH, None) or ())
    for name in queries.SETTINGS:
        if name not in found and "settings" not in missing:
            missing[f"settings.{name}"] = Missing(Reason.DENIED, HIDDEN.format("settings()", "pg_read_all_settings"))
    return {name: value or "" for name, value in found.items()}


def _rule(line: int, kind: str | None, databases: list[str] | None, users: list[str] | None, address: str | None,
          netmask: str | None, method: str | None, options: list[str] | None, error: str | None) -> SignInRule:
    return SignInRule(line=line, type=kind or "", databases=tuple(databases or ()), users=tuple(users or ()),
                      address=address, netmask=netmask, method=method or "",
                      options=tuple(_without_secret(one) for one in options or ()), error=error or "")


def _without_secret(option: str) -> str:
    return next((f"{name}…" for name in SECRETS if option.startswith(name)), option)


def _passwords(ask: Optional, missing: dict[str, Missing], helpers: set[str]) -> dict[str, str]:
    part = "principals.password"
    themselves = ask(part, queries.MAY_SEE_PASSWORDS, None)
    if themselves and themselves[0][0]:
        return dict(ask(part, queries.PASSWORDS_THEMSELVES, None) or ())
    if "password_kinds" in helpers:
        return dict(ask(part, queries.PASSWORD_KINDS, None) or ())
    if part not in missing:
        missing[part] = Missing(Reason.DENIED, "this role has no function hustings.password_kinds() to call (see "
                                               "`hustings access grant-script`)")
    return {}


def _standbys(ask: Optional, missing: dict[str, Missing], helpers: set[str]) -> tuple[Standby, ...]:
    query = queries.STANDBYS_THROUGH if "standbys" in helpers else queries.STANDBYS
    rows = ask("standbys", query, None) or []
    if any(row[2] is None for row in rows):
        missing["standbys"] = Missing(Reason.DENIED, HIDDEN.format("standbys()", "pg_read_all_stats"))
        return ()
    return tuple(Standby(name=name or "", address=address, state=state, lag_seconds=lag, tls=tls)
                 for name, address, state, lag, tls, _ in rows)


def _receiver(ask: Optional, missing: dict[str, Missing], helpers: set[str]) -> str:
    query = queries.RECEIVER_THROUGH if "receiver" in helpers else queries.RECEIVER
    rows = ask("receiver", query, None) or []
    if any(row[0] is None for row in rows):
        missing["receiver"] = Missing(Reason.DENIED, HIDDEN.format("receiver()", "pg_read_all_stats"))
    return next((row[1] or "" for row in rows), "")


def _answers(ask: Optional, missing: dict[str, Missing], helpers: set[str], counts: tuple[str, ...]) -> dict[str, int]:
    found = {}
    for name in counts:
        if not COUNT_NAME.fullmatch(name):
            raise UsageError(f"a count cannot be named {name!r}", where="counts",
                             remedy="small letters, digits and _; a letter first")
        if f"count_{name}" not in helpers:
            missing[f"answers.{name}"] = Missing(
                Reason.DENIED, f"this role has no function hustings.count_{name}() to call (see `hustings access "
                               "grant-script --model FILE`)")
            continue
        rows = ask(f"answers.{name}", f"select hustings.count_{name}()::bigint", None)
        if rows is not None and rows[0][0] is not None:
            found[name] = int(rows[0][0])
        elif rows is not None:
            missing[f"answers.{name}"] = Missing(Reason.ERROR, "the function answered with nothing")
    return found
