"""What changed how an office is measured, as lines of plain text: for the terminal and for paper.

The page says the same with links. Nothing that could lift a grade unseen may be missing here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from server.inventory_changes import ADDED
from server.pages import words
from server.pages.language import Language
from server.scorecard import Scorecard

_SHOWN = 2
"""Checks that one line names."""


def lines(card: Scorecard, speak: Language, short: Callable[[str], str] = str) -> list[str]:
    """One line each, the gravest kind first. ``short`` bounds a name."""
    say, plural = speak.say, speak.texts.ngettext
    found = [f"{speak.date(one.revoked_at, 'medium')}{speak.colon} "
             + say("%(name)s was revoked, and its reports count no more") % {"name": short(one.report.host)}
             for one in card.revoked if one.revoked_at and one.report]
    found += [say("A second machine reports as %(name)s; the one heard last counts, and this one does not") % {
        "name": short(one.name)} for one in card.doubles]
    if card.other_packs:
        found.append(plural("%(count)s machine was judged by another policy pack than this server's:",
                            "%(count)s machines were judged by another policy pack than this server's:",
                            len(card.other_packs)) % {"count": len(card.other_packs)}
                     + " " + ", ".join([short(one.name) for one in card.other_packs[:_SHOWN]])
                     + _more(len(card.other_packs) - _SHOWN, speak))
    found += [f"{speak.date(one.at, 'medium')}{speak.colon} {short(one.asset)} {say(words.ANSWERS_FOR[one.kind])}"
              for one in card.inventory_changes if one.kind != ADDED]
    found += [f"{speak.date(change.at, 'medium')}{speak.colon} "
              + say("%(name)s changed roles") % {"name": short(one.name)} for one, change in card.role_changes]
    found += [say("%(name)s is judged with another threshold:") % {"name": short(one.machine.name)} + f" {one.check}"
              for one in card.overrides]
    found += [plural("%(name)s: %(count)s check applied before and no longer does:",
                     "%(name)s: %(count)s checks applied before and no longer do:", len(checks)) % {
        "name": short(one.name), "count": len(checks)} + " " + ", ".join(checks[:_SHOWN])
        + _more(len(checks) - _SHOWN, speak) for one, checks in card.shrunk]
    added = sum(one.kind == ADDED for one in card.inventory_changes)
    if added:
        found.append(plural("%(count)s machine was added to the list.",
                            "%(count)s machines were added to the list.", added) % {"count": added})
    return found


def listed(found: Sequence[str], most: int, speak: Language) -> list[str]:
    """At most ``most`` of some lines, and how many more there are."""
    left = len(found) - most
    return list(found) if left <= 0 else [*found[:most], _more(left, speak).strip()]


def _more(left: int, speak: Language) -> str:
    if left <= 0:
        return ""
    return " " + speak.texts.ngettext("and %(count)s more", "and %(count)s more", left) % {"count": left}
