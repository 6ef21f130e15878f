"""What the first page of a plan says: computed from the plan, the gravest first.

``headlines`` are facts, ``decision`` is what is asked of the board, ``warnings`` is what could still go wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from server.pages.language import Language
from server.planning.freezes import Frozen, frozen
from server.planning.kind_names import counted, named, plain
from server.planning.kinds import weight
from server.planning.made import Made
from server.planning.model import Election, Option, Status
from server.planning.outlook import Outlook, outlooks
from server.planning.sentences import LIFE
from server.planning.spending import by_year_and_fund
from server.planning.wording import day, inert, money

AT_MOST = 6
"""How many losses of support the first page tells apart; the rest is counted."""
KINDS = 4
"""How many kinds of equipment one sentence names."""
SOON = 90
"""Days within which an order is asked for now."""


def headlines(made: Made, speak: Language, listed: tuple[Outlook, ...] | None = None) -> tuple[str, ...]:
    """The sentences of the first page."""
    listed = outlooks(made) if listed is None else listed
    return (*_unmet(made, speak), *_losses(made, listed, speak), *_freezes(made, listed, speak),
            *_gaps(made, listed, speak))


def _unmet(made: Made, speak: Language) -> Iterator[str]:
    """What cannot be done in time, and what would be enough; what would not be only where nothing would."""
    count = len(made.solved.unmet)
    if made.solved.status is not Status.INFEASIBLE or not count:
        return
    text = speak.texts.ngettext(
        "%(count)s thing that must be done by a date cannot be done by then.",
        "%(count)s things that must be done by a date cannot be done by then.", count) % {"count": speak.number(count)}
    told = tuple(zip(made.solved.shortfalls, short(made, speak), strict=True))
    enough = [said for one, said in told if one.amount is not None]
    if len(enough) > 1:
        text += " " + speak.say("Any one of these alone would be enough:")
    yield text
    yield from enough or (said for _, said in told)


def short(made: Made, speak: Language) -> Iterator[str]:
    """The smallest missing dollar, hour or month, one sentence each."""
    from server.planning.lacking import sentence

    for one in made.solved.shortfalls:
        yield sentence(one, speak)


def _losses(made: Made, listed: tuple[Outlook, ...], speak: Language) -> Iterator[str]:
    """"12 PCs lose support 40 days before the primary", for each kind and election, by what is at stake."""
    today = made.problem.today
    calendar = sorted(made.problem.calendar.elections, key=lambda one: (one.date, one.name))
    found: dict[tuple[str, bool, bool, Election], list[Outlook]] = defaultdict(list)
    for one in listed:
        if one.bridge or one.asset.ends is None:
            continue
        over = one.asset.ends.day < today
        last_good = max(one.asset.ends.day, today - timedelta(days=1))
        after = next((each for each in calendar if each.date > last_good), None)
        if after is not None:
            found[plain(one.asset.kind), one.asset.ends.rule in LIFE, over, after].append(one)
    ranked = sorted(found.items(), key=lambda item: (
        -sum(weight(one.asset.kind) * one.asset.quantity * _closeness(item[0][3], today) for one in item[1]),
        item[0][:3], item[0][3].date))
    for (_, aged, over, election), group in ranked[:AT_MOST]:
        told = (_aged if aged else _over)(group, election, today, speak) if aged or over else _loss(
            group, election, speak)
        yield f"{told} {_answer(group, election, speak)}"
    rest = sum(one.asset.quantity for _, group in ranked[AT_MOST:] for one in group)
    if rest:
        yield speak.texts.ngettext(
            "%(count)s more device loses support before an election of this plan: see the lines.",
            "%(count)s more devices lose support before an election of this plan: see the lines.", rest) % {
                "count": speak.number(rest)}


def _closeness(election: Election, today: date) -> int:
    """Elections that are near are told first: 4 within half a year, down to 1 after two years."""
    return max(4 - (election.date - today).days // 182, 1)


def _over(group: list[Outlook], election: Election, today: date, speak: Language) -> str:
    left = (election.date - today).days
    return speak.texts.ngettext(
        "%(things)s: already without support, %(count)s day before %(election)s.",
        "%(things)s: already without support, %(count)s days before %(election)s.", left) % {
            **_what(group, election, speak), "count": speak.number(left)}


def _aged(group: list[Outlook], election: Election, today: date, speak: Language) -> str:
    """Older than it is expected to last on the day of the election."""
    return speak.say("%(things)s: older than they are expected to last at %(election)s.") % _what(
        group, election, speak)


def _loss(group: list[Outlook], election: Election, speak: Language) -> str:
    what = _what(group, election, speak)
    gaps = sorted((election.date - one.asset.ends.day).days for one in group if one.asset.ends)
    if gaps[0] != gaps[-1]:
        return speak.say("%(things)s lose support between %(most)s and %(least)s days before %(election)s.") % {
            **what, "most": speak.number(gaps[-1]), "least": speak.number(gaps[0])}
    if sum(one.asset.quantity for one in group) == 1:
        text = speak.texts.ngettext("%(things)s loses support %(count)s day before %(election)s.",
                                    "%(things)s loses support %(count)s days before %(election)s.", gaps[0])
    else:
        text = speak.texts.ngettext("%(things)s lose support %(count)s day before %(election)s.",
                                    "%(things)s lose support %(count)s days before %(election)s.", gaps[0])
    return text % {**what, "count": speak.number(gaps[0])}


def _what(group: list[Outlook], election: Election, speak: Language) -> dict[str, str]:
    count = sum(one.asset.quantity for one in group)
    return {"things": counted(group[0].asset.kind, count, speak), "election": inert(election.name)}


def _answer(group: list[Outlook], election: Election, speak: Language) -> str:
    """Whether the plan has something in place by then, and until when that must be ordered."""
    done = [one for one in group if election not in one.bare_elections]
    if not done:
        return speak.say("The plan cannot change that before this election: use plan B.")
    left = sum(one.asset.quantity for one in group) - sum(one.asset.quantity for one in done)
    orders = [one.line.order_by for one in done if one.line.order_by is not None]
    if left == 0:
        text = speak.say("The plan covers that")
    else:
        text = speak.texts.ngettext("The plan covers all but %(count)s", "The plan covers all but %(count)s", left) % {
            "count": speak.number(left)}
    if not orders:
        return f"{text}."
    return text + speak.say(": order by %(day)s.") % {"day": day(min(orders), speak)}


def _freezes(made: Made, listed: tuple[Outlook, ...], speak: Language) -> Iterator[str]:
    """"Nothing can go live from … to …" and what to order so as to be live before: for the first freeze before which
    the plan has something go live, else for the next one."""
    windows = [one for one in frozen(made.problem.calendar) if one.last >= made.problem.today]
    told = [(one, _before(one, listed)) for one in windows]
    found = next(((one, before) for one, before in told if before), told[0] if told else None)
    if found is None:
        return
    window, before = found
    text = _shut(window, speak)
    if before:
        orders = [one.line.order_by for one in before if one.line.order_by]
        kinds = sorted({plain(one.asset.kind): one for one in before}.values(),
                       key=lambda one: (-weight(one.asset.kind), one.asset.kind))
        text += " " + speak.say("To be live before, order by %(day)s: %(things)s.") % {
            "day": day(min(orders), speak),
            "things": speak.list([named(one.asset.kind, speak) for one in kinds[:KINDS]])}
    yield text


def _before(window: Frozen, listed: tuple[Outlook, ...]) -> list[Outlook]:
    """What the plan has go live before a freeze that holds it."""
    return [one for one in listed if one.line.option in (Option.UPGRADE, Option.REPLACE) and one.line.order_by
            and one.line.go_live and one.line.go_live < window.first and window.holds(one.asset.kind)]


def _shut(one: Frozen, speak: Language) -> str:
    first, last = day(one.first, speak), day(one.last, speak)
    if not one.kinds:
        return speak.say("Nothing can go live from %(first)s to %(last)s.") % {"first": first, "last": last}
    return speak.say("Nothing of these kinds can go live from %(first)s to %(last)s: %(kinds)s.") % {
        "first": first, "last": last, "kinds": speak.list([named(kind, speak) for kind in one.kinds])}


def _gaps(made: Made, listed: tuple[Outlook, ...], speak: Language) -> Iterator[str]:
    assets = made.problem.assets
    unpriced = sum(1 for one in assets if one.cost is None and one.upgrade_cost is None and not one.retire)
    if unpriced:
        yield speak.texts.ngettext(
            "%(count)s asset has no price: the plan cannot replace it.",
            "%(count)s assets have no price: the plan cannot replace them.", unpriced) % {
                "count": speak.number(unpriced)}
    undated = sum(1 for one in assets if one.ends is None)
    if undated:
        yield speak.texts.ngettext(
            "Of %(count)s asset nobody knows when its support ends: it is not counted as fine.",
            "Of %(count)s assets nobody knows when their support ends: they are not counted as fine.", undated) % {
                "count": speak.number(undated)}
    if made.held_back:
        yield speak.texts.ngettext(
            "%(count)s row of the inventory waits for an answer and is in no line.",
            "%(count)s rows of the inventory wait for an answer and are in no line.", made.held_back) % {
                "count": speak.number(made.held_back)}


def decision(made: Made, speak: Language, listed: tuple[Outlook, ...] | None = None) -> tuple[str, ...]:
    """What is asked of the board: the money of each year, and the orders of the next 90 days."""
    listed = outlooks(made) if listed is None else listed
    spending = by_year_and_fund(made)
    said = []
    for year in spending.years:
        if amount := spending.year(year):
            parts = [speak.say("%(money)s from %(fund)s") % {"money": money(one.spent, speak), "fund": inert(one.fund)}
                     for one in spending.cells if one.year == year and one.spent]
            said.append(speak.say("%(year)s: %(part)s") % {"year": str(year), "part": parts[0]}
                        if len(parts) == 1 else speak.say("%(year)s: %(money)s (%(parts)s)") % {
                "year": str(year), "money": money(amount, speak), "parts": speak.list(parts)})
    if not said:
        said.append(speak.say("This plan spends nothing."))
    limit = made.problem.today + timedelta(days=SOON)
    soon = [one for one in listed if one.line.order_by is not None and one.line.order_by <= limit]
    if soon:
        said.append(speak.texts.ngettext(
            "%(count)s order of the next 90 days, %(money)s in all: the first by %(day)s",
            "%(count)s orders of the next 90 days, %(money)s in all: the first by %(day)s", len(soon)) % {
                "count": speak.number(len(soon)), "money": money(sum(one.line.cost for one in soon), speak),
                "day": day(min(one.line.order_by for one in soon if one.line.order_by), speak)})
    return tuple(said)


def warnings(made: Made, speak: Language, listed: tuple[Outlook, ...] | None = None) -> tuple[str, ...]:
    """What a person must know beside the lines."""
    listed = outlooks(made) if listed is None else listed
    today = made.problem.today
    said = []
    due = sum(one.overdue for one in listed)
    if due:
        said.append(speak.texts.ngettext(
            "%(count)s order is due today: every day of waiting moves it.",
            "%(count)s orders are due today: every day of waiting moves them.", due) % {"count": speak.number(due)})
    elections = [one for one in made.problem.calendar.elections if one.date >= today]
    if not elections:
        said.append(speak.say("No election ahead is known: no date here keeps clear of one."))
    elif after := sum(one.unforeseen for one in listed):
        last = max(elections, key=lambda one: one.date)
        said.append(speak.texts.ngettext(
            "%(count)s line happens after the last known election, %(election)s: one called later may move it.",
            "%(count)s lines happen after the last known election, %(election)s: one called later may move them.",
            after) % {"count": speak.number(after), "election": inert(last.name)})
    for cell in by_year_and_fund(made).cells:
        if cell.expires is None or cell.left <= 0 or min(cell.expires.year, cell.year) < today.year:
            continue
        values = {"money": money(cell.left, speak), "fund": inert(cell.fund), "year": str(cell.year),
                  "day": day(cell.expires, speak)}
        text = (speak.say("%(money)s of %(fund)s is not spent when it expires on %(day)s.")
                if cell.expires.year <= cell.year else
                speak.say("%(money)s of %(fund)s is not spent at the end of %(year)s: "
                          "what carries over is a row of the next year."))
        said.append(text % values)
    if made.unmatched:
        count = len({one.asset for one in made.unmatched})
        said.append(speak.texts.ngettext(
            "%(count)s asset could not be matched with support dates: not known, and not counted as fine.",
            "%(count)s assets could not be matched with support dates: not known, and not counted as fine.", count) % {
                "count": speak.number(count)})
    kept = [one for one in listed if one.line.option is Option.KEEP and one.bare]
    if kept:
        count = sum(one.asset.quantity for one in kept)
        said.append(speak.texts.ngettext(
            "%(count)s device is kept past the end of its support: put plan B in place.",
            "%(count)s devices are kept past the end of their support: put plan B in place.", count) % {
                "count": speak.number(count)})
    return tuple(said)
