"""The retold audit as one page of HTML: whole in itself, without scripts, for whoever is to decide what is done.

Everything that came from elsewhere is escaped, and the page's own policy lets nothing be loaded.
"""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from html import escape
from itertools import pairwise
from pathlib import Path

from agent.audit import Audit
from agent.page_style import STYLE
from agent.render import visible
from agent.telling import FIRST, Point, Telling, tell
from agent.telling_words import GLOSSARY, WORDS
from hustings import __version__
from hustings.errors import CannotFinish, UsageError
from hustings.verdicts import Verdict

PRINTED = 3
"""Points of a kind that are printed beside what is to be done first; the screen shows them all."""


def page(audit: Audit, language: str = "en") -> str:
    """The whole document."""
    told, say = tell(audit, language), WORDS[language]
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = f"{say['title']}: {told.about}" if language == "en" else f"{say['title']} : {told.about}"
    body = "\n".join((*_head(audit, told, say), *_first(told, say), *_unknown(told, say), *_rest(told, say),
                      *_good(told, say), *_glossary(told, say, language)))
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{_say(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
{body}
<footer class="soft"><p>{_say(say['meaning'])}</p>
<p>{_say(say['foot'])} Hustings {__version__}, {_say(audit.pack.id)} {_say(audit.pack.version)}.</p></footer>
</main>
</body>
</html>
"""


def require_place(file: Path) -> None:
    """Raise ``UsageError`` for a place where no page can be written, before anything is looked at."""
    if file.is_dir():
        raise UsageError("it is a directory", where=str(file), remedy="name the file to write, such as page.html")
    parent = file.absolute().parent
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise UsageError("cannot be written there", where=str(file),
                         remedy="name a file in a directory that exists and is yours")


def write(text: str, file: Path) -> None:
    """Put the page in place, whole or not at all, readable by its owner. Raises ``CannotFinish``."""
    name = ""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.absolute().parent)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(name).replace(file)
    except OSError as error:
        with suppress(OSError):
            Path(name).unlink()
        raise CannotFinish(f"cannot be written: {error.strerror}", where=str(file),
                           remedy="make room, or name another place") from error


def _head(audit: Audit, told: Telling, say: Mapping[str, str]) -> Iterable[str]:
    grade = (f'<div class="grade {told.letter}" role="img" aria-label="{say["letter"]} {told.letter}">{told.letter}'
             "</div>" if told.letter else f'<div class="grade none">{_say(say["no_letter"])}</div>')
    when = say["of"] % f"{audit.started:%Y-%m-%d %H:%M} UTC"
    yield f"<header>{grade}<div><h1>{_say(told.about)}</h1>"
    yield f'<p class="soft">{_say(say["title"])}. {_say(when)}.</p></div></header>'
    kinds = ((Verdict.FAIL, "bad"), (Verdict.UNKNOWN, "ask"), (Verdict.PASS, "good"))
    yield '<ul class="counts">'
    yield from (f'<li class="{kind}"><b>{told.counts[verdict]}</b> {_say(say[verdict])}</li>'
                for verdict, kind in kinds)
    yield "</ul>"
    notices = [*told.limits] if told.letter else [say["too_little"], *told.limits]
    yield from (f'<p class="notice{"" if told.failing else " ask"}">{_say(one)}</p>' for one in notices)


def _first(told: Telling, say: Mapping[str, str]) -> Iterable[str]:
    if told.first:
        yield f"<h2>{_say(say['first'])}</h2>"
        yield from _points(told.first, say, "ol")
        return
    unseen = told.counts[Verdict.UNKNOWN]
    if unseen:
        more = say["one_not_all"] if unseen == 1 else say["not_all"] % unseen
        nothing = say["nothing"] if told.good else say["nothing_seen"]
        yield f'<p class="notice ask">{_say(nothing)} {_say(more)}</p>'
    else:
        yield f'<p class="notice calm">{_say(say["all_good"])}</p>'


def _rest(told: Telling, say: Mapping[str, str]) -> Iterable[str]:
    rest = told.failing[FIRST:]
    if rest:
        yield f'<section class="rest"><h2>{_say(say["rest"])}</h2>'
        yield from _points(rest, say, "ul", PRINTED)
        yield _more(len(rest) - PRINTED, say, "p")
        yield "</section>"


def _unknown(told: Telling, say: Mapping[str, str]) -> Iterable[str]:
    """What could not be seen, together where the same is to be done about it."""
    if not told.unknown:
        return
    yield f"<h2>{_say(say['could_not'])}</h2>"
    yield '<ul class="points ask">'
    for help_ in dict.fromkeys(one.help for one in told.unknown):
        alike = [one for one in told.unknown if one.help == help_]
        yield f'<li><h3>{_say(help_)}</h3><ul class="plain ask">'
        yield from (f"<li{_screen(number)}>{_say(one.title)}{_about(one)} {_tag(one, say)}</li>"
                    for number, one in enumerate(alike))
        yield _more(len(alike) - PRINTED, say, "li")
        yield f"</ul><details><summary>{_say(say['details'])}</summary><dl>"
        yield from (f"<dt>{_say(one.check)}</dt><dd><code>{_say(one.reason or one.found)}</code></dd>" for one in alike)
        yield "</dl></details></li>"
    yield "</ul>"


def _points(points: Iterable[Point], say: Mapping[str, str], kind: str, printed: int = FIRST) -> Iterable[str]:
    yield f'<{kind} class="points">'
    for number, one in enumerate(points):
        yield f"<li{_screen(number, printed)}><h3>{_say(one.plain)}{_about(one)}</h3>"
        yield f'<p>{_tag(one, say)}<span class="soft">{_say(say["should"])} {_say(one.title)}.</span></p>'
        effort = f" ({_say(say['effort_' + one.effort])})" if one.effort else ""
        yield (f"<dl><dt>{_say(say['do'])}</dt><dd>{_say(one.todo)}</dd>"
               f"<dt>{_say(say['who'])}</dt><dd>{_say(one.who)}{effort}</dd></dl>")
        yield from _details(one, say)
        yield "</li>"
    yield f"</{kind}>"


def _details(one: Point, say: Mapping[str, str]) -> Iterable[str]:
    yield f"<details><summary>{_say(say['details'])}</summary><dl>"
    rows = (("check", one.check), ("expected", one.expected), ("found", one.found), ("reason", one.reason),
            ("command", one.command))
    yield from (f"<dt>{_say(say[name])}</dt><dd><code>{_say(text)}</code></dd>" for name, text in rows if text)
    yield "</dl></details>"


def _good(told: Telling, say: Mapping[str, str]) -> Iterable[str]:
    if told.good:
        yield f"<h2>{_say(say['good'])}</h2>"
        yield '<ul class="plain good">'
        yield from (f"<li{_screen(number, 2 * PRINTED)}>{_say(one.title)}</li>" for number, one in enumerate(told.good))
        yield _more(len(told.good) - 2 * PRINTED, say, "li")
        yield "</ul>"
    if told.beside:
        yield f'<details class="screen"><summary>{_say(say["beside"])} ({len(told.beside)})</summary>'
        yield f'<p class="soft">{_say(say["beside_why"])}</p><ul class="plain none">'
        yield from (f"<li>{_say(one.title)}</li>" for one in told.beside)
        yield "</ul></details>"


def _glossary(told: Telling, say: Mapping[str, str], language: str) -> Iterable[str]:
    """Only the words that the page uses."""
    used = " ".join(f"{one.title} {one.plain} {one.todo}" for one in (*told.failing, *told.unknown, *told.good))
    words = {word: meaning for word, meaning in GLOSSARY[language].items() if _uses(used, word)}
    if words:
        yield f'<section class="screen"><h2>{_say(say["glossary"])}</h2><dl class="words">'
        yield from (f"<dt>{_say(word)}</dt><dd>{_say(meaning)}</dd>" for word, meaning in words.items())
        yield "</dl></section>"


def _uses(text: str, word: str) -> bool:
    """Whether a text holds a word, or its plural, on its own."""
    found = text.casefold().split(word.casefold())
    return any(not before[-1:].isalnum() and not after.removeprefix("s")[:1].isalnum()
               for before, after in pairwise(found))


def _screen(number: int, printed: int = PRINTED) -> str:
    return ' class="screen"' if number >= printed else ""


def _more(count: int, say: Mapping[str, str], tag: str) -> str:
    """On paper, how much is left out."""
    return f'<{tag} class="paper">{_say(say["more"] % count)}</{tag}>' if count > 0 else ""


def _tag(one: Point, say: Mapping[str, str]) -> str:
    return f'<span class="tag {one.severity}">{_say(say[one.severity])}</span>'


def _about(one: Point) -> str:
    return f' <span class="soft">({_say(", ".join(one.subjects))})</span>' if one.subjects else ""


def _say(text: str) -> str:
    """A text that may hold what a stranger published."""
    return escape(visible(text))
