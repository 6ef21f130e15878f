"""Whom a setting of the Cloud Identity Policy API covers: the queries by which Google says it.

They are conditions in CEL of which Google documents three, over organisational units, groups and licences, joined
with ``&&``, ``||`` and ``!`` (``PolicyQuery`` of the Policy API's reference). Whatever else one holds is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Known = bool | None
Ask = Callable[[str], Known]
"""Whether an account is in the unit, group or licence with an id; None for not known."""

_UNIT = re.compile(r"entity\.org_units\.exists\(\s*(\w+)\s*,\s*\1\.org_unit_id\s*==\s*orgUnitId\(\s*(['\"])([^'\"]+)\2"
                   r"\s*\)\s*\)")
_GROUP = re.compile(r"entity\.groups\.exists\(\s*(\w+)\s*,\s*\1\.group_id\s*==\s*groupId\(\s*(['\"])([^'\"]+)\2"
                    r"\s*\)\s*\)")
_GROUP_ID = re.compile(r"groupId\(\s*['\"]([^'\"]+)['\"]\s*\)")
_DEPTH = 32


def groups_in(query: str) -> list[str]:
    """The ids of all groups that a query names."""
    return [one.removeprefix("groups/") for one in _GROUP_ID.findall(query)]


def covers(query: str, unit: Ask, group: Ask) -> Known:
    """Whether a query covers an account; None where that cannot be said. An empty one covers everybody."""
    if not query.strip():
        return True
    try:
        parts = _Parts(query, unit, group)
        found = parts.either(0)
        return found if parts.ended() else None
    except _NotUnderstood:
        return None


def both(left: Known, right: Known) -> Known:
    """And, where None is not known."""
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _either(left: Known, right: Known) -> Known:
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


class _NotUnderstood(Exception):
    pass


class _Parts:
    """A descent through ``||``, ``&&``, ``!`` and brackets, in that order of binding."""

    def __init__(self, query: str, unit: Ask, group: Ask) -> None:
        self._text = query
        self._at = 0
        self._unit = unit
        self._group = group

    def ended(self) -> bool:
        self._blanks()
        return self._at == len(self._text)

    def either(self, depth: int) -> Known:
        found = self._every(depth)
        while self._take("||"):
            found = _either(found, self._every(depth))
        return found

    def _every(self, depth: int) -> Known:
        found = self._one(depth)
        while self._take("&&"):
            found = both(found, self._one(depth))
        return found

    def _one(self, depth: int) -> Known:
        if depth > _DEPTH:
            raise _NotUnderstood
        if self._take("!"):
            found = self._one(depth + 1)
            return None if found is None else not found
        if self._take("("):
            found = self.either(depth + 1)
            if not self._take(")"):
                raise _NotUnderstood
            return found
        return self._claim(self._term())

    def _claim(self, term: str) -> Known:
        if term in ("true", "false"):
            return term == "true"
        if (found := _UNIT.fullmatch(term)) is not None:
            return self._unit(found[3].removeprefix("orgUnits/"))
        if (found := _GROUP.fullmatch(term)) is not None:
            return self._group(found[3].removeprefix("groups/"))
        return None

    def _term(self) -> str:
        """The text up to the next joint that is in no bracket and no quotation."""
        self._blanks()
        start, depth, quote = self._at, 0, ""
        while self._at < len(self._text):
            sign = self._text[self._at]
            if quote:
                quote = "" if sign == quote else quote
            elif sign in "'\"":
                quote = sign
            elif sign in "([{":
                depth += 1
            elif sign in ")]}":
                if depth == 0:
                    break
                depth -= 1
            elif depth == 0 and self._text.startswith(("&&", "||"), self._at):
                break
            self._at += 1
        term = self._text[start:self._at].strip()
        if not term or quote or depth:
            raise _NotUnderstood
        return term

    def _take(self, sign: str) -> bool:
        self._blanks()
        if not self._text.startswith(sign, self._at):
            return False
        self._at += len(sign)
        return True

    def _blanks(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1
