"""One line of the audit trail as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.pages.language import N_, language
from server.planning.wording import inert
from server.store.audit import Act
from server.trail.sentences import every

_MOST = 300
_ACTORS = {"console": N_("%(name)s (at the server’s console)"), "reviewer": N_("%(name)s (outside reviewer)"),
           "agent": N_("The machine %(name)s"), "job": N_("The server itself (%(name)s)"),
           "firm": N_("%(name)s (outside reviewer)")}
_ORIGINS = {"address": N_("from the address %(name)s"), "console": N_("at the console of %(name)s"),
            "job": N_("by the server’s own timed work, %(name)s")}
_BARE = N_("%(who)s: %(action)s, %(subject)s")


def sentence(act: Act, code: str) -> str:
    """What happened, in a language. An action that no sentence is known for is named as it is."""
    say = language(code).say
    return say(every().get(act.action, _BARE)) % _Values(act, who(act.actor, code))


def who(actor: str, code: str) -> str:
    """``person:ann`` as people read it."""
    kind, _, name = actor.partition(":")
    shown = inert(name or kind)[:_MOST]
    return language(code).say(_ACTORS[kind]) % {"name": shown} if kind in _ACTORS else shown


def whence(origin: str, code: str) -> str:
    """``address:203.0.113.7`` as people read it; empty where it was not written down."""
    kind, _, name = origin.partition(":")
    return language(code).say(_ORIGINS[kind]) % {"name": inert(name)} if kind in _ORIGINS else inert(origin)


def details(act: Act) -> list[tuple[str, str]]:
    """All else that the line holds, name by name, as it was written."""
    return [(inert(str(name)), plain(value)) for name, value in act.detail.items()]


def plain(value: Any) -> str:
    """A value of a detail as one line of text."""
    if isinstance(value, Mapping):
        return "; ".join(f"{inert(str(name))}: {plain(one)}" for name, one in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(map(plain, value)) or "–"
    return "–" if value is None or value == "" else inert(str(value))


class _Values(dict[str, str]):
    """What a sentence is filled with; what a line does not hold is a dash."""

    def __init__(self, act: Act, by: str) -> None:
        found = {str(name): plain(value)[:_MOST] for name, value in act.detail.items()}
        super().__init__(found | {"who": by, "action": inert(act.action), "subject": inert(act.subject)[:_MOST] or "–"})

    def __missing__(self, name: str) -> str:
        return "–"


def label(action: str, code: str) -> str:
    """What acts of a kind are called in a list of kinds: their sentence with gaps."""
    if action not in every():
        return inert(action)
    return language(code).say(every()[action]) % _Gaps()


class _Gaps(dict[str, str]):
    """A gap for every name."""

    def __missing__(self, name: str) -> str:
        return "…"
