"""Why a right is taken, in words: who had it, and when it was last used as far as the logs go."""

from __future__ import annotations

from hustings.access.state import State
from hustings.access.usage import Usage
from policies.access.difference_uses import speaks_of
from policies.access.rows import DECLARED, Row

_NAMED = 5


class Words:
    """Comments for statements."""

    def __init__(self, state: State, usage: Usage | None) -> None:
        self._state, self._usage = state, usage

    def right(self, row: Row) -> str:
        return f"{row.right}({row.column})" if row.column else row.right

    def of_rows(self, rows: list[Row]) -> tuple[str, ...]:
        """One line for each set of accounts that had the same and used it alike."""
        accounts: dict[tuple[str, str, str], list[str]] = {}
        for row in rows:
            said = "declared, but" if row.state == DECLARED else "not in the model;"
            accounts.setdefault((row.object, said, self.use(row)), []).append(f"{row.account} {self.right(row)}")
        lines = []
        for (name, said, use), found in accounts.items():
            listed = list(dict.fromkeys(found))
            shown = ", ".join(listed[:_NAMED]) + (f" and {len(listed) - _NAMED} more" if len(listed) > _NAMED else "")
            lines.append(f"{name}: {shown}: {said} {use}")
        return tuple(lines)

    def use(self, row: Row) -> str:
        """When it was last used, or over which time it was not."""
        if row.last_used:
            return f"last used {row.last_used}"
        if self._usage is None or self._usage.window is None:
            return "whether it is used is unknown: no logs"
        if not speaks_of(self._usage, row.account, row.right):
            return "whether it is used is unknown: the logs do not show it"
        return f"not used in {self._usage.window.days:.0f} days of logs"
