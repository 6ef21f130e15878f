"""The retold audit for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from agent.audit import Audit
from agent.render import SHAPES, visible
from agent.telling import Point, Telling, tell
from agent.telling_words import WORDS
from hustings.verdicts import Verdict

WIDTH = 100


def as_text(audit: Audit, language: str = "en", *, everything: bool = False) -> str:
    """Headline, what to do first, what else fails, what could not be seen; with ``everything`` what is good too."""
    telling = tell(audit, language)
    return "\n".join(visible(line) for line in _lines(audit, telling, WORDS[language], language, everything))


def _lines(audit: Audit, told: Telling, say: Mapping[str, str], language: str,
           everything: bool) -> Iterator[str]:
    colon = " :" if language == "fr" else ":"
    letter = f"{say['letter']} {told.letter}" if told.letter else say["no_letter"]
    counts = ", ".join(f"{told.counts[one]} {say[one]}" for one in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS))
    yield f"{told.about}  {letter}  ({counts})"
    yield say["of"] % f"{audit.started:%Y-%m-%d %H:%M} UTC"
    if told.letter is None:
        yield say["too_little"]
    yield from told.limits
    yield ""
    if told.first:
        yield say["first"] + colon
        for number, one in enumerate(told.first, 1):
            yield f"  {number}. {one.plain}{_about(one)}  [{say[one.severity]}]"
            yield from _wrapped(one.todo, "     ")
        yield ""
    else:
        unseen = told.counts[Verdict.UNKNOWN]
        yield (say["nothing"] if told.good else say["nothing_seen"]) if unseen else say["all_good"]
        if unseen:
            yield say["one_not_all"] if unseen == 1 else say["not_all"] % unseen
        yield ""
    for one in told.failing:
        yield from _failure(one, say, colon)
    if told.unknown:
        yield say["could_not"] + colon
        for one in told.unknown:
            yield f"  {SHAPES[Verdict.UNKNOWN]} {one.title}{_about(one)}  [{say[one.severity]}]  {one.check}"
            yield from _wrapped(one.help, "      ")
            yield from _wrapped(f"{say['reason']}{colon} {one.reason}" if one.reason else "", "      ")
        yield ""
    if everything:
        for name, points, shape in (("good", told.good, Verdict.PASS), ("beside", told.beside, Verdict.NOT_APPLICABLE)):
            if points:
                yield say[name] + colon
                yield from (f"  {SHAPES[shape]} {one.title}  {one.check}" for one in points)
                yield ""
    if audit.lacking:
        yield from (f"  {need}" for need in audit.lacking)
        yield ""
    yield say["meaning"]


def _failure(one: Point, say: Mapping[str, str], colon: str) -> Iterator[str]:
    yield f"{SHAPES[Verdict.FAIL]} {one.plain}{_about(one)}  [{say[one.severity]}]  {one.check}"
    yield from _wrapped(f"{say['should']} {one.title}.", "    ")
    yield from _wrapped(f"{say['found']}{colon} {one.found or one.reason}", "    ")
    yield from _wrapped(f"{say['do']}{colon} {one.todo}", "    ")
    if one.command:
        yield f"      $ {one.command}"
    yield from _wrapped(f"{say['who']}{colon} {one.who} ({say[f'effort_{one.effort}']})", "    ")
    yield ""


def _about(one: Point) -> str:
    return f" ({', '.join(one.subjects)})" if one.subjects else ""


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False,
                         break_on_hyphens=False)
