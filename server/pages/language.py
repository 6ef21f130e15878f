"""The two languages of the pages: catalogues, plurals, dates and numbers.

Texts are written in English in templates and code, which makes English whole by construction;
the files of ``locale/fr`` hold the French, one for each part of the product. They are compiled in memory on first use.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from urllib.parse import quote, urlencode

from babel import Locale, dates, lists, numbers
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from policies.model import LANGUAGES

LOCALES = {"en": "en_CA", "fr": "fr_CA"}
NAMES = {"en": "English", "fr": "Français"}


class Language:
    """One language: its texts, and how it writes dates, numbers and lists."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.name = NAMES[code]
        self.locale = Locale.parse(LOCALES[code])
        self.texts = _texts(code)

    @property
    def colon(self) -> str:
        """A colon as the language sets it: after a no-break space in French."""
        return "\u00a0:" if self.code == "fr" else ":"

    def date(self, moment: datetime | date, form: str = "long") -> str:
        """``22 November 2026``."""
        return dates.format_date(moment, format=form, locale=self.locale)

    def time(self, moment: datetime) -> str:
        """Day and minute in UTC, said so."""
        minute = "HH:mm" if self.code == "en" else "HH 'h' mm"
        written = dates.format_datetime(moment, format=f"d MMM yyyy, {minute}", locale=self.locale, tzinfo=dates.UTC)
        return f"{written} UTC"

    def percent(self, part: float) -> str:
        """A part of one in whole percent, rounded down: never more than there is."""
        return numbers.format_percent(int(part * 100 + 1e-9) / 100, locale=self.locale)

    def number(self, value: float, digits: int = 0) -> str:
        return numbers.format_decimal(round(value, digits), locale=self.locale, decimal_quantization=True,
                                      format="#,##0" if digits == 0 else "#,##0." + "#" * digits)

    def list(self, items: Sequence[str]) -> str:
        """``a, b and c``."""
        return lists.format_list(list(items), locale=self.locale)

    def say(self, text: str) -> str:
        return self.texts.gettext(text)


@cache
def language(code: str) -> Language:
    """One of ``LANGUAGES``, loaded once."""
    return Language(code)


def preferred(accept: str) -> str:
    """The language to greet with, from an ``Accept-Language`` header (RFC 9110, 12.5.4). English unless told."""
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept.split(",")[:32]):
        name, _, rest = part.strip().partition(";")
        quality = rest.strip().removeprefix("q=") or "1"
        try:
            weighed.append((-float(quality), place, name.strip().casefold().partition("-")[0]))
        except ValueError:
            continue
    return next((name for quality, _, name in sorted(weighed) if name in LANGUAGES and quality < 0), "en")


def chosen(path: str, query: Mapping[str, str], accept: str) -> str:
    """A page's language: what its address asks for (``?language=``, ``/fr/…``, ``?next=/fr/…``), else the browser."""
    asked = (query.get("language", ""), _prefix(path), _prefix(query.get("next", "")))
    return next((code for code in asked if code in LANGUAGES), "") or preferred(accept)


def elsewhere(path: str, query: Mapping[str, str], language: str) -> list[tuple[str, str]]:
    """The other languages and the address of the same page in each."""
    found = []
    for code in LANGUAGES:
        if code == language:
            continue
        if _prefix(path) in LANGUAGES:
            found.append((code, "/".join(["", code, *(path.split("/")[2:] or [""])])))
        else:
            kept = {name: value for name, value in query.items() if name == "next"}
            found.append((code, f"{quote(path)}?{urlencode({**kept, 'language': code})}"))
    return found


def _prefix(path: str) -> str:
    return path[1:].partition("/")[0] if path.startswith("/") else ""


def catalogue(code: str) -> Catalog:
    """Every text of a language, from all files of its folder. Raises ``ValueError`` for one that two files hold."""
    whole = Catalog(locale=LOCALES[code])
    folder = files("server").joinpath("locale", code)
    parts = sorted((one for one in folder.iterdir() if one.name.endswith(".po")), key=lambda one: one.name)
    for part in parts:
        with part.open("rb") as stream:
            for message in read_po(stream, locale=LOCALES[code], abort_invalid=True):
                if message.id and whole.get(message.id) is not None:
                    raise ValueError(f"{part.name} repeats {message.id!r}")
                if message.id:
                    whole[message.id] = message
    return whole


def _texts(code: str) -> gettext.NullTranslations:
    if not files("server").joinpath("locale", code).is_dir():
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


N_: Callable[[str], str] = str
"""Marks a text to be translated where it is shown."""
