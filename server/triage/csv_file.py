"""A list of findings as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from server.pages.language import N_, language
from server.pages.words import PARTIES, SEVERITY
from server.planning.csv_text import cell
from server.triage import words
from server.triage.model import Finding

COLUMNS = (N_("number"), N_("state"), N_("severity"), N_("check"), N_("row"), N_("finding"), N_("machine"), N_("site"),
           N_("who answers for it"), N_("first failed"), N_("failing since"), N_("last seen to fail"),
           N_("cannot be seen now"), N_("resolved"), N_("due"), N_("due by the rule"), N_("why another day"),
           N_("overdue"), N_("owner"), N_("false alarm"), N_("comments"), N_("times it began"))


def as_csv(some: Iterable[Finding], code: str) -> str:
    """RFC 4180, in a language. A cell that a spreadsheet would run as a formula is written with an apostrophe before
    it. Times are UTC, ISO 8601."""
    speak = language(code)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([speak.say(one) for one in COLUMNS])
    for one in some:
        writer.writerow([cell(text) for text in (
            str(one.number), speak.say(words.STATES[one.state]), speak.say(SEVERITY[one.severity]), one.check, one.row,
            one.known.title.say(code) if one.known else one.check,
            one.host if one.agent else speak.say(words.OFFICE), one.site,
            speak.say(PARTIES[one.responsible]) if one.responsible in PARTIES else "",
            _time(one.first_failed), _time(one.opened), _time(one.seen),
            speak.say(words.UNSEEN[one.unseen]) if one.unseen else "", _time(one.resolved), _time(one.due),
            _time(one.rule.due), one.due_reason, speak.say(words.YES) if one.overdue else "", one.owner_name,
            speak.say(words.ALARMS[one.false_alarm]) if one.false_alarm else "", str(one.comments),
            str(one.episode))])
    return out.getvalue()


def _time(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
