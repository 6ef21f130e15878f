"""The report of an engagement: what an outside reviewer had in view, what was found, what people say to it, and what
was not looked at. One for the reviewer, one for the office; the office's handling line is on every page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hustings.verdicts import SEVERITIES, Severity
from policies.grade import METHOD
from policies.model import Pack
from server.pages import words
from server.pages.language import N_, Language, language
from server.printing import foot
from server.printing.card import NAME_MOST, OFFICE_MOST, colon
from server.printing.glyphs import clipped
from server.printing.typeset import pdf
from server.reviewers.reported import Reported, Said, Told
from server.triage.acts import Alarm
from server.triage.model import State

STATES = {State.OPEN: N_("Open"), State.ACKNOWLEDGED: N_("Acknowledged"), State.EXCEPTED: N_("Accepted for now"),
          State.RESOLVED: N_("Resolved")}
SAID = {"office": N_("Statement of the office"), "vendor": N_("Statement of the vendor"), "comment": N_("Comment"),
        "propose_fix": N_("Proposed repair"), "false_alarm": N_("Said to be a false alarm"),
        "false_alarm_decided": N_("Decision of the office")}
ALARMS = {Alarm.CLAIMED: N_("said to be a false alarm"), Alarm.ACCEPTED: N_("agreed to be a false alarm")}
TEXT_MOST = 1200
UNKNOWN_MOST = 60


def engagement_pdf(found: Reported, pack: Pack, code: str, now: datetime, *, own: bool) -> bytes:
    """As many pages as it takes, PDF/UA-1. ``own``: the office's copy."""
    speak = language(code)
    return pdf("engagement", data(found, pack, code, now, own=own), language=code, now=now, handling=found.handling,
               title=f"{speak.say('Engagement report')} · {clipped(found.office, OFFICE_MOST)}")


def data(found: Reported, pack: Pack, code: str, now: datetime, *, own: bool) -> dict[str, Any]:
    """Everything in it, worded."""
    speak = language(code)
    say = speak.say
    given: dict[str, Any] = {
        "over": f"{clipped(found.office, OFFICE_MOST)} · {speak.date(now)}", "title": say("Engagement report"),
        "about": say("For the office") if own else say("For the reviewer"), "colon": colon(speak),
        "terms_title": say("Scope and period"), "terms": _terms(found, speak),
        "counts_title": say("What was found"), "counts": _counts(found, speak),
        "head": [say("Number"), say("What fails"), say("Machine"), say("State"), say("Open since")],
        "groups": [_group(found, severity, pack, code, speak) for severity in SEVERITIES
                   if any(one.finding.severity is severity for one in found.told)],
        "nothing": say("No finding was in view."),
        "said_title": say("What people say of the findings"),
        "said": [_talk(one, pack, code, speak) for one in found.told if one.said],
        "unsaid": say("Nobody has said anything of a finding in view."),
        "not_title": say("What was not looked at"), "not": _not(found, pack, code, speak),
        "method_title": say("Method"), "method": _method(found, pack, speak)}
    given["foot"] = foot.foot([say("Made from the record %(digest)s.") % {"digest": foot.of(given)},
                               say("This shows hygiene measured on dated evidence. It does not prove that a system is "
                                   "secure.")], speak)
    return given


def _terms(found: Reported, speak: Language) -> list[list[str]]:
    say, terms, granted = speak.say, found.granted.terms, found.granted
    machines = (", ".join(clipped(one, NAME_MOST) for one in found.machines) if terms.machines
                else say("All machines"))
    areas = ", ".join(say(words.AREAS[one]) for one in terms.areas if one in words.AREAS) or say("All areas")
    ended = (say("Ended by the office on %(moment)s") % {"moment": speak.time(granted.revoked)} if granted.revoked
             else speak.date(terms.until))
    return [
        [say("Reviewer"), granted.reviewer or granted.addressee],
        [say("Legal basis"), terms.basis],
        [say("Machines"), machines],
        [say("Areas"), areas],
        [say("Names of machines and people"), say("Shown as they are") if terms.names_shown
         else say("Replaced by pseudonyms")],
        [say("Accepted"), speak.time(granted.accepted) if granted.accepted else "–"],
        [say("Last day"), ended],
        [say("Looked at"), _looked(found, speak)]]


def _looked(found: Reported, speak: Language) -> str:
    if found.first is None or found.last is None:
        return speak.say("Nothing was viewed or exported yet.")
    ngettext = speak.texts.ngettext
    return (ngettext("%(count)s page viewed", "%(count)s pages viewed", found.viewed) % {"count": found.viewed} + ", "
            + ngettext("%(count)s file or answer exported", "%(count)s files or answers exported", found.exported)
            % {"count": found.exported}
            + f" ({speak.time(found.first)} – {speak.time(found.last)})")


def _counts(found: Reported, speak: Language) -> list[str]:
    ngettext = speak.texts.ngettext
    left = [one for one in found.told if one.finding.resolved is None]
    counts = [ngettext("%(count)s finding open", "%(count)s findings open", len(left)) % {"count": len(left)}]
    for severity in SEVERITIES:
        many = sum(one.finding.severity is severity for one in left)
        if many:
            counts.append(f"{speak.say(words.SEVERITY[severity])}{colon(speak)} {many}")
    done = len(found.told) - len(left)
    if done:
        counts.append(ngettext("%(count)s resolved during the engagement", "%(count)s resolved during the engagement",
                               done) % {"count": done})
    return counts


def _group(found: Reported, severity: Severity, pack: Pack, code: str, speak: Language) -> dict[str, Any]:
    rows = [one for one in found.told if one.finding.severity is severity]
    return {"title": speak.say(words.SEVERITY[severity]), "rows": [[
        str(one.finding.number), _title(one, pack, code), _machine(one, speak), _state(one, speak),
        speak.date(one.finding.opened, "medium")] for one in rows]}


def _talk(one: Told, pack: Pack, code: str, speak: Language) -> dict[str, Any]:
    return {"title": f"{one.finding.number} · {_title(one, pack, code)}", "machine": _machine(one, speak),
            "lines": [{"head": _head(each, speak), "text": clipped(each.text, TEXT_MOST)} for each in one.said]}


def _head(one: Said, speak: Language) -> str:
    say = speak.say
    what = say(SAID[one.kind])
    if one.agreed is not None:
        what += f"{colon(speak)} " + (say("It is a false alarm") if one.agreed else say("It is not"))
    return f"{what} · {clipped(one.by, 2 * NAME_MOST)} · {speak.time(one.at)}"


def _not(found: Reported, pack: Pack, code: str, speak: Language) -> list[str]:
    say, ngettext, terms = speak.say, speak.texts.ngettext, found.granted.terms
    lines = []
    if terms.areas:
        left = [say(title) for area, title in words.AREAS.items() if area not in terms.areas and area != "other"]
        lines.append(say("These areas were not in view: %(areas)s.") % {"areas": speak.list(left)})
    if terms.machines:
        many = found.of_machines - len(found.machines)
        lines.append(ngettext("%(count)s other machine of the office was not in view.",
                              "%(count)s other machines of the office were not in view.", many) % {"count": many})
        lines.append(say("The checks of the office as a whole were not in view."))
    if found.silent:
        lines.append(say("These machines have never reported: %(machines)s.") % {
            "machines": ", ".join(clipped(one, NAME_MOST) for one in found.silent)})
    for check, many in found.unknown[:UNKNOWN_MOST]:
        known = pack.check(check)
        lines.append(ngettext("Could not be read on %(count)s machine: %(check)s",
                              "Could not be read on %(count)s machines: %(check)s", many) % {
            "count": many, "check": known.title.say(code) if known else clipped(check, NAME_MOST)})
    if len(found.unknown) > UNKNOWN_MOST:
        many = len(found.unknown) - UNKNOWN_MOST
        lines.append(ngettext("%(count)s more check could not be read.", "%(count)s more checks could not be read.",
                              many) % {"count": many})
    unopened = sum(not one.opened for one in found.told)
    if unopened:
        lines.append(ngettext("%(count)s finding in view was never opened by the reviewer.",
                              "%(count)s findings in view were never opened by the reviewer.", unopened) % {
            "count": unopened})
    lines.append(say("What no agent can see, such as paper, training and buildings, is in view only as far as the "
                     "office attests it."))
    return lines


def _method(found: Reported, pack: Pack, speak: Language) -> list[str]:
    say = speak.say
    lines = [
        say("Each finding is a check that failed in a signed report of the audit agent on the machine itself. It is "
            "resolved only by a later report in which the check passes."),
        say("Comments, statements and agreed false alarms stand beside the findings. They change no recorded result "
            "and no grade."),
        say("Every page and file that the reviewer was shown is in the audit trail of the office."),
        say("Grading method %(method)s; policy pack %(version)s, %(digest)s.") % {
            "method": METHOD, "version": pack.version, "digest": foot.short(pack.digest)}]
    if not found.granted.terms.names_shown:
        lines.insert(2, say("Names of machines, sites and people are pseudonyms, made for this engagement alone."))
    return lines


def _title(one: Told, pack: Pack, code: str) -> str:
    known = one.finding.known
    return known.title.say(code) if known else clipped(one.finding.check, NAME_MOST)


def _machine(one: Told, speak: Language) -> str:
    return clipped(one.machine, 2 * NAME_MOST) if one.finding.agent else speak.say("The office as a whole")


def _state(one: Told, speak: Language) -> str:
    alarm = ALARMS.get(one.finding.false_alarm)
    return speak.say(STATES[one.finding.state]) + (f" ({speak.say(alarm)})" if alarm else "")
