"""apt's configuration (apt.conf(5)): the values in force, over all its files in apt's order."""

from __future__ import annotations

import re

from collectors.host.protocol import Host, Unreadable, list_optional, read_optional

DIRECTORY = "/etc/apt/apt.conf.d"
FILE = "/etc/apt/apt.conf"
NAME = re.compile(r"[A-Za-z0-9_.-]+\Z")
"""What a file in one of apt's directories must be called for apt to read it."""
_TOKEN = re.compile(r"""
    (?P<skip>\s+|//[^\n]*|/\*.*?\*/|\#(?!clear\b|include\b|x-apt)[^\n]*)
  | (?P<text>"[^"]*")
  | (?P<mark>[{};])
  | (?P<word>[^\s{};"]+)
""", re.VERBOSE | re.DOTALL)

_ON = frozenset({"1", "yes", "true", "with", "on", "enable"})
_OFF = frozenset({"0", "no", "false", "without", "off", "disable"})

Settings = dict[str, list[str]]
"""Values by full name in lower case, the last one in force; for a list (``name::``), all of them."""


def read(host: Host) -> Settings:
    """The settings of this machine. apt reads files without extension or ending in ``.conf``."""
    settings: Settings = {}
    for name in list_optional(host, DIRECTORY):
        if NAME.match(name) and ("." not in name or name.endswith(".conf")):
            parse(host.read(f"{DIRECTORY}/{name}"), settings)
    parse(read_optional(host, FILE) or "", settings)
    return settings


def parse(text: str, settings: Settings) -> None:
    """Add what a file says to ``settings``. Raises ``Unreadable`` for an include or loose ends."""
    above: list[list[str]] = []
    words: list[str] = []
    values: list[str] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Unreadable(f"apt configuration cannot be read at {text[position:position + 40]!r}")
        position = match.end()
        if match["text"] is not None:
            values.append(match["text"][1:-1])
        elif match["word"] is not None:
            words.append(match["word"])
        elif match["mark"] == "{":
            above.append(words)
            words, values = [], []
        elif match["mark"] in ("}", ";"):
            _set(settings, above, words, values)
            if match["mark"] == "}":
                if not above:
                    raise Unreadable("apt configuration closes a brace it did not open")
                above.pop()
            words, values = [], []
    if above or words:
        raise Unreadable("apt configuration ends in the middle of a setting")


def _set(settings: Settings, above: list[list[str]], words: list[str], values: list[str]) -> None:
    if words and words[0] == "#clear":
        for prefix in words[1:]:
            for name in [one for one in settings if one == prefix.lower() or one.startswith(f"{prefix.lower()}::")]:
                del settings[name]
        return
    if words and words[0].startswith("#"):
        raise Unreadable(f"apt configuration uses {words[0]}, which is not followed")
    if not words and not values:
        return
    if len(words) > 1:
        values, words = [*words[1:], *values], words[:1]
    name = "::".join([part for one in above for part in one] + words).lower()
    if not values:
        return
    if name.endswith("::") or not words:
        settings.setdefault(name.removesuffix("::"), []).extend(values)
    else:
        settings[name] = values


def last(settings: Settings, name: str) -> str | None:
    """The value in force of a scalar, or None."""
    values = settings.get(name.lower())
    return values[-1] if values else None


def switch(settings: Settings, name: str) -> bool | None:
    """A setting that is on or off, as apt reads such words; None if it is not set or is another word."""
    value = (last(settings, name) or "").lower()
    return True if value in _ON else False if value in _OFF else None
