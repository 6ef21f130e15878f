"""The templates' environment: escaping on, undefined names refused, texts in the page's language.

A template says what language it is in through its ``language`` variable; everything else follows.
"""

from __future__ import annotations

from datetime import date, datetime
from importlib.resources import as_file, files
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from litestar.plugins.jinja import JinjaTemplateEngine

from hustings import __version__
from policies.explain import value_text
from policies.grade import LETTERS, METHOD
from server.elections import words as election_words
from server.elections.phase import of_office
from server.pages import inert, navigation, words
from server.pages.language import NAMES, Language, elsewhere, language

EXTENSIONS = ("jinja2.ext.i18n",)


def engine() -> JinjaTemplateEngine:
    """The engine for Litestar's ``Template`` answers."""
    return JinjaTemplateEngine.from_environment(environment())


def environment() -> Environment:
    """A fresh environment over ``server/templates``."""
    with as_file(files("server").joinpath("templates")) as folder:
        made = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined,
                           extensions=EXTENSIONS, trim_blocks=True, lstrip_blocks=True, finalize=inert.finalize)
    made.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(day=_day, short_day=_short_day, month=_month, moment=_moment,
                        percent=_percent, points=_points, tenths=_tenths,
                        number=_number, listed=_listed, said=_said, role=_role, value=_value)
    made.globals.update(words=words, letters=LETTERS, names=NAMES, elsewhere=_elsewhere, version=__version__,
                        method=METHOD, offered=navigation.offered, phase_of=of_office, election_words=election_words)
    return made


def _elsewhere(request: Any, code: str) -> list[tuple[str, str]]:
    return elsewhere(request.url.path, request.query_params, code)


def _of(context: Context) -> Language:
    return language(context["language"])


@pass_context
def _gettext(context: Context, text: str) -> str:
    return _of(context).texts.gettext(text)


@pass_context
def _ngettext(context: Context, one: str, many: str, count: int) -> str:
    return _of(context).texts.ngettext(one, many, count)


@pass_context
def _day(context: Context, moment: datetime | date) -> str:
    return _of(context).date(moment)


@pass_context
def _short_day(context: Context, moment: date) -> str:
    return _of(context).date(moment, "medium")


@pass_context
def _month(context: Context, moment: date) -> str:
    """``Nov 2026``: the name of a month where there is little room."""
    return _of(context).date(moment, "MMM yyyy")


@pass_context
def _moment(context: Context, moment: datetime) -> str:
    return _of(context).time(moment)


@pass_context
def _percent(context: Context, part: float) -> str:
    return _of(context).percent(part)


@pass_context
def _points(context: Context, part: float) -> str:
    """A part of one as points of a hundred, rounded down."""
    return _of(context).number(int(part * 100 + 1e-9))


@pass_context
def _tenths(context: Context, part: float) -> str:
    """A part of one as points of a hundred with one decimal, rounded down."""
    return _of(context).number(int(part * 1000 + 1e-6) / 10, 1)


@pass_context
def _number(context: Context, value: float, digits: int = 0) -> str:
    return _of(context).number(value, digits)


@pass_context
def _listed(context: Context, items: Any) -> str:
    return _of(context).list(list(items))


@pass_context
def _said(context: Context, text: Any) -> str:
    """A ``Text`` of a policy, in the page's language."""
    code = context["language"]
    return str(text.say(code))


@pass_context
def _role(context: Context, name: str) -> str:
    """A role's name, or the word itself if the catalogue does not know it."""
    return _of(context).say(words.ROLES[name]) if name in words.ROLES else name


@pass_context
def _value(context: Context, value: Any) -> str:
    """A value of a fact or parameter, in words."""
    return value_text(value, context["language"])
