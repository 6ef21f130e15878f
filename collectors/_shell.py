"""What shell start-up files set: umask, TMOUT and PATH, read without running anything. Pure.

Only plain assignments are understood; a value that is computed is a reason, never a guess. A line counts
wherever it stands, also inside a condition: whether it runs depends on who signs in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_START = r"(?:^|[;&|{]|\b(?:then|else|do)\b)\s*"
_FLAGS = r"\s+(?P<flags>(?:-\w+\s+)*)"
_UMASK = re.compile(_START + r"umask\s+(?P<mask>[^\s;#&|}]+)")
_TMOUT = re.compile(_START + r"(?:(?:readonly|export|declare|typeset)" + _FLAGS + r")?TMOUT=(?P<value>[^\s;#&|}]*)")
_MARKS = re.compile(_START + r"(?P<word>readonly|export|declare|typeset)" + _FLAGS + r"[^;#]*\bTMOUT\b")
_PATH = re.compile(_START + r"(?:(?:export|declare|typeset)\s+(?:-\w+\s+)*)?PATH=(?P<value>.*)")
_VARIABLE = re.compile(
    r"^\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)="
    r"(?P<value>\"[^\"$`]*\"|'[^']*'|[^\s\"'$`;&|()]*)\s*(?:;|$|#)")
_SYMBOLIC = re.compile(r"(?P<who>[ugoa]*)(?P<how>[=+-])(?P<what>[rwx]*)\Z")


@dataclass(frozen=True, slots=True)
class Timeout:
    seconds: int | None
    """None where it is computed."""
    readonly: bool
    exported: bool
    line: int


def umasks(text: str) -> Iterator[tuple[int, str | None]]:
    """(line, mask as four octal digits) of every umask set; None where it is computed."""
    for number, line in _lines(text):
        for match in _UMASK.finditer(line):
            if not match["mask"].startswith("-"):
                yield number, mask(match["mask"].strip("\"'"))


def octal(said: str) -> str | None:
    """Up to four octal digits as four; None for anything else."""
    return said.zfill(4) if re.fullmatch(r"[0-7]{1,4}", said) else None


def mask(said: str) -> str | None:
    """A umask as four octal digits; a symbolic one names what is allowed (umask(1)), starting from 022."""
    digits = octal(said)
    if digits is not None:
        return digits
    allowed = 0o755
    for part in said.split(","):
        match = _SYMBOLIC.match(part)
        if match is None:
            return None
        bits = sum({"r": 4, "w": 2, "x": 1}[one] for one in set(match["what"]))
        for who in "ugo" if match["who"] in ("", "a") else match["who"].replace("a", "ugo"):
            shift = {"u": 6, "g": 3, "o": 0}[who]
            own = {"=": bits, "+": allowed >> shift & 7 | bits, "-": allowed >> shift & 7 & ~bits}[match["how"]]
            allowed = allowed & ~(7 << shift) | own << shift
    return format(0o777 & ~allowed, "04o")


def timeouts(text: str) -> list[Timeout]:
    """Every TMOUT set in one file, with what the file makes of it; ``readonly`` and ``export`` may follow."""
    words = [(match["word"], match["flags"]) for _, line in _lines(text) for match in _MARKS.finditer(line)]
    readonly = any(word == "readonly" or "r" in flags for word, flags in words)
    exported = any(word == "export" or "x" in flags for word, flags in words)
    found = []
    for number, line in _lines(text):
        for match in _TMOUT.finditer(line):
            value = match["value"].strip("\"'")
            found.append(Timeout(int(value) if value.isdigit() else None, readonly, exported, number))
    return found


def paths(text: str, home: str) -> Iterator[tuple[int, list[str | None]]]:
    """(line, directories) of every PATH set. What refers to the PATH before is left out, as it is judged
    where it was set; a directory that is computed is None. An empty one is the current directory."""
    known = {"HOME": home}
    for number, line in _lines(text):
        for match in _PATH.finditer(line):
            said = _word(match["value"])
            yield number, [_directory(one, known, home) for one in said.split(":") if one not in ("$PATH", "${PATH}")]
        named = _VARIABLE.match(line)
        if named and named["name"] != "PATH":
            known[named["name"]] = named["value"].strip("\"'")


def _word(text: str) -> str:
    """The first word of ``text`` without its quotes."""
    found, quote = "", ""
    for sign in text:
        if quote:
            if sign == quote:
                quote = ""
            else:
                found += sign
        elif sign in "\"'":
            quote = sign
        elif sign.isspace() or sign in ";&|#":
            break
        else:
            found += sign
    return found


def _directory(said: str, known: dict[str, str], home: str) -> str | None:
    if said == "~" or said.startswith("~/"):
        said = home + said[1:]
    for name, value in known.items():
        said = said.replace(f"${{{name}}}", value)
        said = re.sub(rf"\${name}\b", lambda _, value=value: value, said)  # type: ignore[misc]
    return None if any(sign in said for sign in "$`*?") else said


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line
