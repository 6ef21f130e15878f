"""The letter of a request, worded once for the page, the text and the PDF."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from server.pages.language import N_, Language, language
from server.printing import foot
from server.printing.glyphs import clipped
from server.printing.typeset import pdf
from server.store.evidence_requests import Request

TITLE = N_("Request for evidence")
FROM = {
    "vendor": N_("You answer for systems that our elections rest on. What we cannot measure ourselves, we ask of you."),
    "state": N_("The state answers for systems that our elections rest on. What we cannot measure ourselves, we ask "
                "of you."),
    "county": N_("The county answers for systems that our elections rest on. What we cannot measure ourselves, we ask "
                 "of you."),
}
ASK = N_("Please send us, by %(day)s:")
ABOUT = N_("It is about: %(names)s.")
LINK = N_("Send each file by this address. It takes files for this request alone, until %(day)s; they are kept as "
          "they come, and nobody but our office reads them.")
NO_LINK = N_("Send each file by the address that we hand you with this letter. It takes files for this request alone, "
             "until %(day)s; they are kept as they come, and nobody but our office reads them.")
SILENCE = N_("Without an answer we show on our scorecard that we asked on %(asked)s and have had none.")


@dataclass(frozen=True, slots=True)
class Letter:
    """Its parts in order."""

    sender: str
    to: str
    day: str
    title: str
    before: tuple[str, ...]
    asked: tuple[str, ...]
    about: str
    after: tuple[str, ...]
    link: str
    close: tuple[str, ...]


def letter(request: Request, office: str, link: str = "") -> Letter:
    """The letter in the language of the request. ``link`` is the address for files, where it is still known."""
    speak = language(request.language)
    return Letter(
        office, request.recipient, speak.date(request.day), speak.say(TITLE),
        (speak.say(FROM[request.party]), _filled(speak, ASK, day=speak.date(request.due))), request.asked,
        _filled(speak, ABOUT, names=speak.list(list(request.assets))) if request.assets else "",
        (_filled(speak, LINK if link else NO_LINK, day=speak.time(request.expires)),), link,
        (_filled(speak, SILENCE, asked=speak.date(request.day)), office))


def text(one: Letter) -> str:
    """The letter as plain text."""
    lines = [one.sender, "", one.to, one.day, "", one.title, "", *(line for part in one.before for line in (part, "")),
             *(f"{place}. {part}" for place, part in enumerate(one.asked, 1)), ""]
    lines += [one.about, ""] if one.about else []
    lines += [line for part in one.after for line in (part, "")]
    lines += [one.link, ""] if one.link else []
    return "\n".join([*lines, *(line for part in one.close for line in (part, ""))]).rstrip() + "\n"


def letter_pdf(one: Letter, code: str, now: datetime) -> bytes:
    """The letter as PDF/UA-1."""
    data = {
        "sender": clipped(one.sender, 120), "to": clipped(one.to, 160), "day": one.day, "title": one.title,
        "before": list(one.before), "asked": list(one.asked), "about": one.about, "after": list(one.after),
        "link": one.link, "close": list(one.close), "foot": foot.foot([], language(code))}
    return pdf("letter", data, language=code, title=one.title, now=now)


def _filled(speak: Language, words: str, **values: str) -> str:
    return speak.say(words) % values
