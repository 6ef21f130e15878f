"""What is short, in words: the smallest missing dollar, hour or month that alone would be enough."""

from __future__ import annotations

from server.pages.language import Language
from server.planning.model import Lack, Shortfall
from server.planning.wording import inert, money

NAMES = 3


def sentence(one: Shortfall, speak: Language) -> str:
    """``You are $18,400 short in 2027 (general fund)`` and its like."""
    where = [inert(place) for place, _ in one.where]
    assets = speak.list([inert(each) for each in one.assets[:NAMES]]) if one.assets else ""
    if len(one.assets) > NAMES:
        count = len(one.assets) - NAMES
        assets = speak.texts.ngettext("%(names)s and %(count)s other", "%(names)s and %(count)s others", count) % {
            "names": ", ".join(inert(each) for each in one.assets[:NAMES]), "count": speak.number(count)}
    if one.amount is None:
        return _hopeless(one, assets, speak)
    if one.lack is Lack.MONEY:
        text = speak.say("You are %(money)s short") % {"money": money(round(one.amount), speak)}
        where = [name if len(one.where) == 1 else f"{name}, {money(round(amount), speak)}"
                 for name, (_, amount) in zip(where, one.where, strict=True)]
    elif one.lack is Lack.HOURS:
        text = speak.texts.ngettext("You are %(count)s staff hour short", "You are %(count)s staff hours short",
                                    _plural(one.amount)) % {"count": speak.number(one.amount, 1)}
    else:
        text = speak.texts.ngettext("You are %(count)s month short", "You are %(count)s months short",
                                    _plural(one.amount)) % {"count": speak.number(one.amount)}
        where = []
    places = f" ({'; '.join(where)})" if where else ""
    return speak.say("%(short)s: %(assets)s.") % {"short": text + places, "assets": assets} if assets else (
        f"{text}{places}.")


def _plural(amount: float) -> int:
    return 1 if amount <= 1 else 2


def _hopeless(one: Shortfall, assets: str, speak: Language) -> str:
    text = {
        Lack.MONEY: speak.say("More money alone would not be enough"),
        Lack.HOURS: speak.say("More staff hours alone would not be enough"),
        Lack.MONTHS: speak.say("More time alone would not be enough"),
    }[one.lack]
    return f"{text} ({assets})." if assets else f"{text}."
