"""A line of a plan in sentences: why, the risk if nothing is done, and what to do if it comes late.

Composed by rule from the records, never free text. Names from inputs are shown as they are, made inert.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from server.pages.language import N_, Language
from server.planning import plan_b as stand_ins
from server.planning.made import Made
from server.planning.model import Asset, Election, EndOfLife, Guess, Option, Status, Unmatched
from server.planning.outlook import Kept, Outlook
from server.planning.wording import day, inert, money

OPTIONS = {
    Option.KEEP: N_("Keep"), Option.EXTEND: N_("Extend support"), Option.UPGRADE: N_("Upgrade"),
    Option.REPLACE: N_("Replace"), Option.RETIRE: N_("Retire"),
}
STATUS = {
    Status.OPTIMAL: N_("Best possible: no better plan exists"),
    Status.FEASIBLE: N_("Everything that must be done by a date is done"),
    Status.INFEASIBLE: N_("Not everything that must be done by a date can be done"),
}
_COMING = {
    "support": N_("Support ends on %(day)s"),
    "lts": N_("Long-term support ends on %(day)s"),
    "extension": N_("Extended support ends on %(day)s"),
    "certification": N_("Its certification ends on %(day)s"),
    "declared": N_("The office gave it until %(day)s"),
    "voting-life": N_("The ten years that voting equipment is expected to last end on %(day)s"),
    "hardware-life": N_("The seven years that hardware is expected to last end on %(day)s"),
}
_GONE = {
    "support": N_("Support ended on %(day)s"),
    "lts": N_("Long-term support ended on %(day)s"),
    "extension": N_("Extended support ended on %(day)s"),
    "certification": N_("Its certification ended on %(day)s"),
    "declared": N_("The office gave it until %(day)s, which is over"),
    "voting-life": N_("The ten years that voting equipment is expected to last ended on %(day)s"),
    "hardware-life": N_("The seven years that hardware is expected to last ended on %(day)s"),
}
LIFE = frozenset(("voting-life", "hardware-life"))
"""Rules that count years from the purchase: nobody stops supporting it on that day."""
_KEPT = {
    Kept.LASTS: N_("Nothing need be done within this plan."),
    Kept.UNKNOWN: N_("It is kept for now; it is not counted as fine."),
    Kept.NO_PRICE: N_("It is kept, because no price of a replacement is known: give one."),
    Kept.NO_LEAD: N_("It is kept, because nobody said how many months a replacement takes: give them."),
    Kept.NO_FUND: N_("It is kept, because no fund may pay for this kind of equipment."),
    Kept.NO_ROOM: N_("It is kept: money, staff hours and days outside freezes do more good elsewhere."),
}
_MISSING = {
    "product": N_("This product is not in the table of support dates."),
    "version": N_("The version is missing, or is not one that is known."),
    "cycle": N_("The table has no support dates for this version."),
    "edition": N_("The same version ends on different days by edition: which edition is it?"),
    "dates": N_("The product is known, but no source gives the day on which its support ends."),
    "models": N_("One line names several models: which is it?"),
    "quantity": N_("How many there are is not sure."),
}
NAMES = 4
"""How many elections a sentence names before it counts."""


def option(value: Option, speak: Language) -> str:
    return speak.say(OPTIONS[value])


def thing(asset: Asset) -> str:
    """What an asset is, as people would point at it: make, model and version; its kind where none is known."""
    return inert(" ".join(filter(None, (asset.make, asset.model, asset.version))) or asset.kind)


def ending(asset: Asset, today: date, speak: Language) -> str:
    """When and by what rule its support ends, from which source, and how old that is."""
    ends = asset.ends
    if ends is None:
        return speak.say("When its support ends is not known.")
    over = ends.day < today
    known = (_GONE if over else _COMING).get(ends.rule)
    if known:
        text = speak.say(known) % {"day": day(ends.day, speak)}
    else:
        text = (speak.say("It ended on %(day)s (%(rule)s)") if over else speak.say("It ends on %(day)s (%(rule)s)")) % {
            "day": day(ends.day, speak), "rule": inert(ends.rule)}
    return f"{text} ({source(asset.line, ends, today, speak)})."


def source(asset_line: int, ends: EndOfLife, today: date, speak: Language) -> str:
    """Where the date is from and how old that is; what no table gives is the inventory's own word."""
    if ends.rule in LIFE:
        return speak.say("counted from its purchase")
    name = inert(ends.source.name)
    if not name:
        return speak.say("as line %(line)s of the inventory says") % {"line": str(asset_line)} if asset_line else (
            speak.say("as the inventory says"))
    if ends.source.looked_up is None:
        return speak.say("%(source)s, of unknown age") % {"source": name}
    old = max((today - ends.source.looked_up).days, 0)
    return speak.texts.ngettext("%(source)s, %(count)s day old", "%(source)s, %(count)s days old", old) % {
        "source": name, "count": speak.number(old)}


def why(entry: Outlook, made: Made, speak: Language) -> str:
    """Why this line stands in the plan: what ends when, what is done at what price, before which election."""
    asset, today = entry.asset, made.problem.today
    said = [ending(asset, today, speak)]
    said += _doing(entry, speak)
    if asset.must_by is not None and not entry.bridge:
        text = (speak.say("It must be done by %(day)s, and this plan cannot: see what is short.") if entry.late
                else speak.say("It must be done by %(day)s."))
        said.append(text % {"day": day(asset.must_by, speak)})
    if entry.bare and entry.line.option is not Option.KEEP:
        said.append(_until_then(entry, speak))
    if entry.together > 1:
        count = entry.together - 1
        said.append(speak.texts.ngettext(
            "It changes on one day with %(count)s other of group %(group)s.",
            "It changes on one day with %(count)s others of group %(group)s.", count) % {
                "count": speak.number(count), "group": inert(asset.group)})
    return " ".join(said)


def _doing(entry: Outlook, speak: Language) -> list[str]:
    line, asset = entry.line, entry.asset
    said: list[str] = []
    if line.option is Option.KEEP:
        assert entry.reason is not None
        return [speak.say(_KEPT[entry.reason])]
    if line.option is Option.RETIRE:
        said.append(speak.say("The office can do without it."))
    elif line.option is Option.EXTEND:
        until = day(asset.covered_until, speak) if asset.covered_until else "?"
        said.append(speak.say("The vendor’s extended support costs %(money)s and covers it until %(day)s.") % {
            "money": money(line.cost, speak), "day": until})
        return said
    else:
        text = (speak.say("Upgrading costs %(money)s.") if line.option is Option.UPGRADE
                else speak.say("Replacing costs %(money)s."))
        said.append(text % {"money": money(line.cost, speak)})
    if line.go_live is None:
        return said
    if entry.precedes is None:
        said.append(speak.say("It happens on %(day)s, after the last election that is known.") % {
            "day": day(line.go_live, speak)})
    else:
        before = (entry.precedes.date - line.go_live).days
        said.append(speak.texts.ngettext(
            "It happens on %(day)s, %(count)s day before %(election)s.",
            "It happens on %(day)s, %(count)s days before %(election)s.", before) % {
                "day": day(line.go_live, speak), "count": speak.number(before),
                "election": inert(entry.precedes.name)})
    return said


def _until_then(entry: Outlook, speak: Language) -> str:
    count = entry.bare_days
    text = speak.texts.ngettext(
        "Until then it is %(count)s day without support", "Until then it is %(count)s days without support", count) % {
            "count": speak.number(count)}
    return f"{text}{_through(entry.bare_elections, speak)}."


def risk(entry: Outlook, made: Made, speak: Language) -> str:
    """What happens if nothing is done: days without support within the plan, and the elections run so."""
    if entry.asset.ends is None or (entry.kept_bare is None and entry.unsure):
        return speak.say("Not known: nobody knows when its support ends.")
    if entry.kept_bare is None:
        return speak.say("None within this plan: its support lasts longer.")
    first, last = entry.kept_bare
    text = speak.texts.ngettext(
        "%(count)s day without support from %(first)s to %(last)s",
        "%(count)s days without support from %(first)s to %(last)s", entry.kept_days) % {
            "count": speak.number(entry.kept_days), "first": day(first, speak), "last": day(last, speak)}
    return f"{text}{_through(entry.kept_elections, speak)}."


def _through(elections: Sequence[Election], speak: Language) -> str:
    if not elections:
        return ""
    if len(elections) <= NAMES:
        return speak.say(", through %(elections)s") % {"elections": speak.list([inert(one.name) for one in elections])}
    return speak.texts.ngettext(
        ", through %(count)s election, %(first)s first", ", through %(count)s elections, %(first)s first",
        len(elections)) % {"count": speak.number(len(elections)), "first": inert(elections[0].name)}


def plan_b(entry: Outlook, made: Made, speak: Language) -> str:
    """What stands in if it is late, or as long as it is kept without support. Empty where nothing can be late."""
    if entry.bridge or (entry.line.option is Option.KEEP and entry.reason is Kept.LASTS):
        return ""
    return stand_ins.controls(entry.asset, speak, extended=entry.extended)


def missing(one: Unmatched, speak: Language) -> str:
    """What must be asked of an asset that could not be matched, with the nearest guesses."""
    text = speak.say(_MISSING[one.why]) if one.why in _MISSING else speak.say("Not matched (%(why)s).") % {
        "why": inert(one.detail or one.why)}
    if one.guesses:
        text += " " + speak.say("Perhaps %(guesses)s.") % {"guesses": speak.list([_guess(each, speak)
                                                                               for each in one.guesses[:3]])}
    return text


def _guess(one: Guess, speak: Language) -> str:
    title = inert(one.title)
    return title if one.ends is None else speak.say("%(title)s (until %(day)s)") % {
        "title": title, "day": day(one.ends, speak)}
