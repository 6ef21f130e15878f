"""Planning a statement as an account: PREPARE and EXPLAIN EXECUTE with a generic plan, nothing is ever run.

Values are unknown to a generic plan, as they are in the shape: with NULL in their place the planner would fold strict
functions away and with them the check of who may call them (so would ``EXPLAIN (GENERIC_PLAN)`` of the extended
protocol, where values must be bound). PREPARE takes one statement and no more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from agent.access.rehearsal_needs import Need
from agent.access.rehearsal_session import Refused, RehearsalSession
from agent.access.rehearsal_words import PARAMETER, words

DENIED = "42501"
BUSY = ("55P03", "57014", "40P01")
_UNTYPED = "42P18"
_UNTYPED_MESSAGE = re.compile(r"\$(\d+)")
_SEQUENCE = re.compile(r"'((?:[^']|'')+)'::regclass")
_DENIED_MESSAGE = re.compile(r"permission denied for (?:table|view|sequence|schema|function|procedure|foreign table|"
                             r"materialized view|relation|routine|aggregate|database|language|type) (.+)")


@dataclass(frozen=True)
class Planned:
    """What the server makes of a statement for one account."""

    denied: str = ""
    """Its words when it is denied."""
    unknown: str = ""
    """Its words when it cannot be planned."""
    object: str = ""
    right: str = ""
    by: str = "plan"
    targets: tuple[tuple[str, str], ...] = ()
    """(table, operation) of every row that is written."""
    relations: tuple[str, ...] = ()
    sequences: tuple[str, ...] = ()
    """Sequences whose numbers it takes, as the plan names them; ``?`` for one only known when it runs."""
    resets: tuple[str, ...] = ()
    """Those of them that it sets to a number (``setval``)."""
    plan: str = ""
    """Digest-able text of the plan, to compare."""

    @property
    def fine(self) -> bool:
        return not self.denied and not self.unknown


def judge(session: RehearsalSession, need: Need) -> Planned:
    """What the account that the session is now may do. Raises ``Refused`` only where time ran out."""
    answer = Planned()
    if need.why_not:
        return Planned(unknown=need.why_not)
    if need.plan:
        answer = _plan(session, need.plan)
    for ask in need.asks:
        if not answer.fine:
            break
        answer = replace(answer, by="privilege" if not need.plan else answer.by)
        sql = ask.sql.replace("<set role>", "'SET'" if session.version >= 160000 else "'MEMBER'").replace(
            "<maintain>", "pg_has_role(c.relowner, 'USAGE') or has_table_privilege(c.oid, 'MAINTAIN')"
            if session.version >= 170000 else "pg_has_role(c.relowner, 'USAGE')")
        try:
            rows = session.query(sql, ask.parameters)
        except Refused as error:
            session.resume()
            if error.state in BUSY:
                raise
            return _refused(error)
        if not rows or rows[0][0] is None:
            return Planned(unknown=f"{ask.object} is not there, or not one of a kind")
        if rows[0][0] is False:
            plain = ask.object.replace('"', "")
            return Planned(denied=f"{ask.right} on {plain} is needed", object=plain, right=ask.right, by="privilege")
    return answer


def _plan(session: RehearsalSession, text: str) -> Planned:
    count = max((int(word.text[1:]) for word in words(text) if word.kind == PARAMETER), default=0)
    tries = 0
    while True:
        try:
            session.run(f"prepare hustings_rehearsal as {text}")
        except Refused as error:
            session.resume()
            if error.state in BUSY:
                raise
            if error.state == _UNTYPED and tries < count and (place := _UNTYPED_MESSAGE.search(error.message)):
                tries += 1
                text = _typed(text, place.group())
                continue
            return _refused(error)
        break
    try:
        values = f"({', '.join(['null'] * count)})" if count else ""
        explained = session.run(f"explain (verbose, costs off, format json) execute hustings_rehearsal{values}")
    except Refused as error:
        session.resume()
        if error.state in BUSY:
            raise
        return _refused(error)
    finally:
        session.run("deallocate hustings_rehearsal")
    return _read(explained or "[]")


def _typed(text: str, parameter: str) -> str:
    """A value whose type nothing tells is taken for text, as a driver would send it."""
    pieces, place = [], 0
    for word in words(text):
        if word.kind == PARAMETER and word.text == parameter:
            pieces += [text[place:word.start], f"cast({parameter} as text)"]
            place = word.end
    return "".join(pieces) + text[place:]


def _refused(error: Refused) -> Planned:
    if error.state != DENIED:
        return Planned(unknown=error.message)
    found = _DENIED_MESSAGE.search(error.message)
    return Planned(denied=error.message, object=found.group(1).strip('"') if found else "")


def _read(explained: str) -> Planned:
    plan = json.loads(explained)
    targets, relations, sequences, resets = set(), set(), set(), set()
    for node in _nodes(plan):
        named = f"{node.get('Schema')}.{node['Relation Name']}" if node.get("Relation Name") else ""
        if named:
            relations.add(named)
        if node.get("Operation") and node.get("Node Type") in ("ModifyTable", "Foreign Scan"):
            within = [f"{one.get('Schema')}.{one.get('Relation Name')}" for one in node.get("Target Tables", ())]
            targets |= {(one, str(node["Operation"])) for one in (named, *within) if one}
    for text in _texts(plan):
        if any(f"{name}(" in text for name in ("nextval", "currval", "setval")):
            names = {one.replace("''", "'").replace('"', "") for one in _SEQUENCE.findall(text)}
            names = names or ({"?"} if "regclass" in text or "$" in text else set())
            sequences |= names
            resets |= names if "setval(" in text else set()
    return Planned(targets=tuple(sorted(targets)), relations=tuple(sorted(relations)),
                   sequences=tuple(sorted(sequences)), resets=tuple(sorted(resets)), plan=explained)


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _nodes(one)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for one in value.values() for text in _texts(one))
    elif isinstance(value, list):
        yield from (text for one in value for text in _texts(one))
