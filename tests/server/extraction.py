"""Every text of the pages, as found in templates and code."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir, extract_from_file

SERVER = Path(str(files("server")))
KEYWORDS = {"_": None, "gettext": None, "N_": None, "say": None, "ngettext": (1, 2), "trans": None}
METHODS = [("**.html", "jinja2.ext.babel_extract"), ("**.py", "python")]
OPTIONS = {"**.html": {"extensions": "jinja2.ext.i18n", "silent": "false", "newstyle_gettext": "true",
                       "trimmed": "false"}}


def texts() -> dict[str | tuple[str, str], list[str]]:
    """Each text (singular and plural where it counts) and where it is used."""
    found: dict[str | tuple[str, str], list[str]] = {}
    for room in ("templates", "pages"):
        for name, line, message, _, _ in extract_from_dir(str(SERVER / room), METHODS, OPTIONS, KEYWORDS):
            found.setdefault(_key(message), []).append(f"{room}/{name}:{line}")
    for path in sorted(SERVER.rglob("*.py")):
        if path.relative_to(SERVER).parts[0] in ("templates", "pages"):
            continue
        for line, message, _, _ in extract_from_file("python", path, KEYWORDS):
            found.setdefault(_key(message), []).append(f"{path.relative_to(SERVER)}:{line}")
    return found


def _key(message: str | tuple[str, ...]) -> str | tuple[str, str]:
    return (message[0], message[1]) if isinstance(message, tuple) else message


def as_po(keys: list[str | tuple[str, str]]) -> str:
    """Entries to add to a catalogue."""
    lines = []
    for key in keys:
        message = Message(key)
        if isinstance(key, tuple):
            lines.append(f'msgid "{key[0]}"\nmsgid_plural "{key[1]}"\nmsgstr[0] ""\nmsgstr[1] ""\n')
        else:
            lines.append(f'msgid "{message.id}"\nmsgstr ""\n')
    return "\n".join(lines)
