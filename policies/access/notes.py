"""What a model says and a difference does not judge, worth a word beside it: nothing here changes an exit code.

Settings of an account can be changed by its own sessions; they help and hold nobody back. Source: PostgreSQL,
"ALTER ROLE": settings for a role in a database go before those of the role, those before the database's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hustings.access.rights import POSTGRESQL
from policies.access.anomalies import Context, row_security
from policies.access.anomalies._context import setting

_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?\Z")
_MILLISECONDS = {"us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, None: 1}
_ON = frozenset({"on", "true", "yes", "1"})


def notes(context: Context) -> list[str]:
    """A sentence each, in order of what they are about."""
    return [*row_security.notes(context), *_limits(context)]


def _limits(context: Context) -> Iterator[str]:
    """Accounts without the settings that their role's ``limits`` name."""
    if context.state.engine != POSTGRESQL:
        return
    for account in context.judged:
        for limits in [role.limits for role in context.roles(account) if role.limits is not None]:
            if limits.statement_timeout:
                wanted, found = milliseconds(limits.statement_timeout), _setting(context, account, "statement_timeout")
                real = milliseconds(found)
                if wanted is not None and not (real and real <= wanted):
                    yield f"{account}: statement_timeout is {found or 'not set for it'}, not {limits.statement_timeout}"
            if limits.read_only and _setting(context, account, "default_transaction_read_only").lower() not in _ON:
                yield f"{account}: default_transaction_read_only is not on for it"


def milliseconds(text: str) -> float | None:
    """A time as PostgreSQL writes it (``2s``, ``500`` for milliseconds); None if it is none."""
    found = _TIME.match(text.strip())
    return float(found[1]) * _MILLISECONDS[found[2]] if found else None


def _setting(context: Context, account: str, name: str) -> str:
    return setting(context, account, name) or ""
