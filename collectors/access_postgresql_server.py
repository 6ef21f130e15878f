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

HIDDEN = "the role may not see it: it needs to be a member of {}"
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
    return Server(
        settings=_settings(ask, missing),
        overrides=tuple((names[role] if role else "", database, name, value) for role, database, name, value
                        in ask("overrides", queries.OVERRIDES, [list(queries.OVERRIDES_OF)]) or ()),
        sign_in_rules=tuple(_rule(*row) for row in ask("sign_in_rules", queries.HBA, None) or ()),
        untrusted_languages=tuple(name for (name,) in ask("untrusted_languages", queries.LANGUAGES, None) or ()),
        passwords=_passwords(ask, missing),
        standbys=_standbys(ask, missing),
        receiver=_receiver(ask, missing) if in_recovery else "",
        answers=_answers(ask, missing, counts),
    )


def _settings(ask: Optional, missing: dict[str, Missing]) -> dict[str, str]:
    rows = ask("settings", queries.SETTINGS_SHOWN, [list(queries.SETTINGS)])
    if rows is None:
        return {}
    found = {name: value or "" for name, value in rows}
    for name in queries.SETTINGS:
        if name not in found:
            missing[f"settings.{name}"] = Missing(Reason.DENIED, HIDDEN.format("pg_read_all_settings"))
    return found


def _rule(line: int, kind: str | None, databases: list[str] | None, users: list[str] | None, address: str | None,
          netmask: str | None, method: str | None, options: list[str] | None, error: str | None) -> SignInRule:
    return SignInRule(line=line, type=kind or "", databases=tuple(databases or ()), users=tuple(users or ()),
                      address=address, netmask=netmask, method=method or "", options=tuple(options or ()),
                      error=error or "")


def _passwords(ask: Optional, missing: dict[str, Missing]) -> dict[str, str]:
    part = "principals.password"
    allowed = ask(part, queries.MAY_SEE_PASSWORDS, None)
    if allowed is None:
        return {}
    themselves, through = allowed[0]
    if not themselves and not through:
        missing[part] = Missing(Reason.DENIED if through is False else Reason.UNSUPPORTED,
                                "the function hustings.password_kinds() is not there for this role (see `hustings "
                                "access grant-script`)")
        return {}
    rows = ask(part, queries.PASSWORDS_THEMSELVES if themselves else queries.PASSWORD_KINDS, None)
    return dict(rows or ())


def _standbys(ask: Optional, missing: dict[str, Missing]) -> tuple[Standby, ...]:
    rows = ask("standbys", queries.STANDBYS, None) or []
    if any(state is None for _, _, state, _, _ in rows):
        missing["standbys"] = Missing(Reason.DENIED, HIDDEN.format("pg_read_all_stats"))
        return ()
    return tuple(Standby(name=name or "", address=address, state=state, lag_seconds=lag, tls=tls)
                 for name, address, state, lag, tls in rows)


def _receiver(ask: Optional, missing: dict[str, Missing]) -> str:
    rows = ask("receiver", queries.RECEIVER, None) or []
    if any(status is None for status, _ in rows):
        missing["receiver"] = Missing(Reason.DENIED, HIDDEN.format("pg_read_all_stats"))
    return next((conninfo or "" for _, conninfo in rows), "")


def _answers(ask: Optional, missing: dict[str, Missing], counts: tuple[str, ...]) -> dict[str, int]:
    found = {}
    for name in counts:
        if not COUNT_NAME.fullmatch(name):
            raise UsageError(f"a count cannot be named {name!r}", where="counts",
                             remedy="small letters, digits and _; a letter first")
        rows = ask(f"answers.{name}", f"select hustings.count_{name}()", None)
        if rows is not None and rows[0][0] is not None:
            found[name] = int(rows[0][0])
        elif rows is not None:
            missing[f"answers.{name}"] = Missing(Reason.ERROR, "the function answered with nothing")
    return found
