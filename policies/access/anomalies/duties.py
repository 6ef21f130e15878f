"""LPR-22: two duties that the model keeps apart, in one person's hands.

By the model, when a person's accounts are given both roles; by effective rights (what SET ROLE reaches counts), when
they may do everything that sets one role apart from the other, of both.
"""

from __future__ import annotations

from hustings.access.model import Role
from hustings.access.rights import BIT
from policies.access.anomalies._context import Context, Found, Rule
from policies.access.difference_declared import Intent
from policies.access.rows import Anomaly, Holding

LPR_22 = "LPR-22"
Right = tuple[int, str | None, int]
"""Place of the object, column (None: all of it), bit of the right."""


def never_together(context: Context) -> Found:
    """People (accounts without a person are each one's own) that join two duties."""
    persons = _persons(context)
    for first, second in context.model.never_together:
        pair = (context.model.role(first), context.model.role(second))
        apart = _apart(context, pair[0], pair[1]) if pair[0] is not None and pair[1] is not None else None
        for person, logins in persons.items():
            given = {login: {role.name for role in context.roles(login)} & {first, second} for login in logins}
            who = "" if len(logins) == 1 else f" (person {person})"
            if {first, second} <= set().union(*given.values()):
                for login in (login for login in logins if given[login]):
                    yield Anomaly(LPR_22, None, login, f"is given both {first} and {second}{who}")
                continue
            holders = [login for login in logins if login in context.holdings]
            if apart is None or not holders or not all(
                    any(_holds(context, login, right) for login in holders) for side in apart for right in side):
                continue
            for login in holders:
                if any(_holds(context, login, right) for side in apart for right in side):
                    yield Anomaly(LPR_22, None, login, f"holds the rights of both {first} and {second}{who}")


def _persons(context: Context) -> dict[str, list[str]]:
    persons: dict[str, list[str]] = {}
    for login in context.judged:
        if context.is_auditor(login):
            continue
        account = context.account(login)
        person = account.person if account is not None and account.person else f"account {login}"
        persons.setdefault(person, []).append(login)
    return persons


def _apart(context: Context, first: Role, second: Role) -> tuple[frozenset[Right], frozenset[Right]] | None:
    """What each role has and the other has not; None where one of them has nothing of its own."""
    rights = [_rights(context, context.declared.of_role(role)) for role in (first, second)]
    sides = _telling(rights[0] - rights[1]), _telling(rights[1] - rights[0])
    return sides if all(sides) else None


def _telling(rights: set[Right]) -> frozenset[Right]:
    """Of the rights that set a role apart, those to act; to see, where it may do nothing else."""
    return frozenset(one for one in rights if one[2] != BIT["SELECT"]) or frozenset(rights)


def _rights(context: Context, intents: dict[int, Intent]) -> set[Right]:
    """The rights that make the role. Of a role that is given a word alone, all that the word permits; of ``ddl`` that
    is CREATE in the schemas, which the rest follows."""
    needed: set[Right] = {(place, None, bit) for place, intent in intents.items() for bit in BIT.values()
              if intent.needed & bit and bit != BIT["USAGE"]}
    for place, intent in intents.items():
        needed |= {(place, column, bit) for column, held in intent.needed_columns.items() for bit in BIT.values()
                   if held & bit}
    if needed:
        return needed
    permitted: set[Right] = {(place, None, bit) for place, intent in intents.items() for bit in BIT.values()
                 if intent.allowed & bit and bit != BIT["USAGE"]}
    create: set[Right] = {(place, None, bit) for place, _, bit in permitted
              if bit == BIT["CREATE"] and context.state.objects[place].kind == "schema"}
    return create or permitted


def _holds(context: Context, login: str, right: Right) -> bool:
    place, column, bit = right
    within_reach = (name for name in context.effective.may_become(login) if not context.effective.is_superuser(name))
    for name in (login, *within_reach):
        held: Holding = context.effective.holding(name, place)
        if held.rights & bit or (column is not None and held.columns.get(column, 0) & bit):
            return True
    return False


RULES = (Rule(LPR_22, never_together),)
