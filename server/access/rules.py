"""Who may ask for what: every route says so itself, as ``access=`` beside its path, and one lock reads it.

A route that says nothing is shut. What a person is not allowed in their own office is 403; what is not their
office's is 404, alike for what exists elsewhere and what does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from litestar.connection import ASGIConnection, Request
from litestar.datastructures import UploadFile
from litestar.handlers.base import BaseRouteHandler

from server.problems import Refused
from server.store.api_tokens import TOKEN
from server.store.people import Role
from server.store.sessions import SESSION, Session


class Reviewing(StrEnum):
    """What an outside reviewer may do with a route."""

    NO = "no"
    HOME = "home"
    """Without any engagement: their own pages."""
    SCOPED = "scoped"
    """Within an engagement. The route itself shows no more than the engagement covers."""
    WHOLE = "whole"
    """Within an engagement over the whole office with names shown."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use a route. ``roles`` None: anybody, signed in or not."""

    roles: frozenset[Role] | None
    reviewing: Reviewing = Reviewing.NO
    token: str = ""
    """The scope that an API token needs, and then nobody else may; empty where no token may."""
    unproven: bool = False
    """Whether a person may use it whose second factor is not proven yet."""


_OFFICE = frozenset({Role.ADMINISTRATOR, Role.STAFF, Role.OFFICIAL})
PUBLIC = Rule(None)
ANYONE = Rule(_OFFICE, Reviewing.HOME)
"""Whoever is signed in."""
UNPROVEN = Rule(_OFFICE, Reviewing.HOME, unproven=True)
"""Whoever is signed in, before a second factor too: to add one, and to sign out."""
READ = Rule(_OFFICE, Reviewing.WHOLE)
"""The office's own people, and reviewers that it lets see everything."""
FINDINGS = Rule(_OFFICE, Reviewing.SCOPED)
"""The same, and reviewers within the bounds of their engagement, which the route keeps."""
OFFICE = Rule(_OFFICE)
"""The office's own people."""


def only(roles: Iterable[Role], *, reviewing: Reviewing = Reviewing.NO, token: str = "") -> Rule:
    """People of the office who have one of these roles."""
    return Rule(frozenset(roles), reviewing, token)


def api(token: str, roles: Iterable[Role] = _OFFICE, *, reviewing: Reviewing = Reviewing.NO) -> Rule:
    """A route of the API: for tokens with a scope, whose makers have one of these roles."""
    return Rule(frozenset(roles), reviewing, token)


ANY_TOKEN = "token"
"""The scope that every token has: to ask what it is itself."""


async def lock(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raises ``Refused``: ``sign_in``, ``second_factor``, ``scope``, ``forbidden`` or ``not_found``."""
    try:
        _check(connection, handler)
    except Refused:
        await _let_go(connection)
        raise


async def _let_go(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Close the files of a form that was read for its token: no handler will."""
    if isinstance(connection, Request) and connection.headers.get("content-type", "").startswith("multipart/"):
        for value in (await connection.form()).values():
            if isinstance(value, UploadFile):
                await value.close()


def _check(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    rule = handler.opt.get("access")
    if not isinstance(rule, Rule):
        raise Refused("not_found")
    session = connection.scope.get(SESSION)
    if rule.roles is None:
        return
    if not isinstance(session, Session):
        raise Refused("sign_in")
    if not session.proven and not rule.unproven:
        raise Refused("second_factor")
    if bool(rule.token) is not (session.via == TOKEN):
        raise Refused("not_found")
    if rule.token not in ("", ANY_TOKEN) and rule.token not in session.scopes:
        raise Refused("scope", f"this token lacks the scope {rule.token}", scope=rule.token)
    if not permits(rule, session):
        outside = session.role is Role.REVIEWER and session.engagement is None
        raise Refused("not_found" if outside else "forbidden")


def permits(rule: Rule, session: Session) -> bool:
    """Whether somebody who is signed in may use a route."""
    if rule.roles is None:
        return True
    if not session.proven and not rule.unproven:
        return False
    if session.role is not Role.REVIEWER or Role.REVIEWER in rule.roles:
        return session.role in rule.roles
    engaged = session.engagement
    return {Reviewing.NO: False, Reviewing.HOME: True, Reviewing.SCOPED: engaged is not None,
            Reviewing.WHOLE: engaged is not None and engaged.whole}[rule.reviewing]
