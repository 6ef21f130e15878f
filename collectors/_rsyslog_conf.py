"""The statements of rsyslog's configuration in the order they are read, of its old and its new language.

Old: ``$Directive value`` and ``selector action`` lines. New (RainerScript): ``object(name="value" …)`` over
any number of lines. Both may stand in one file, and an include is followed where it stands
(rsyslog.conf(5), the RainerScript reference).
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from collectors.host.protocol import Host, LookError, NotThere
from hustings.facts import Missing, Reason

MAIN = "/etc/rsyslog.conf"
READS = (MAIN, "/etc/rsyslog.d/")
MAX_FILES = 200

_COMMENT = re.compile(r"""
    ("(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*')
  | (?:^|(?<=\s)) (?: /\*.*?\*/ | \#[^\n]* )
""", re.DOTALL | re.MULTILINE | re.VERBOSE)
_OBJECT = re.compile(r"""
    \b(?P<kind>global|module|input|action|include|template|ruleset|main_queue|parser|lookup_table)\s*
    \((?P<inner>(?:[^()"']|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')*)\)
""", re.IGNORECASE | re.VERBOSE)
_PARAMETER = re.compile(r"""([\w.]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)')""")
_DIRECTIVE = re.compile(r"\s*\$(\w+)\s+(.+?)\s*\Z")
_SELECTOR = re.compile(r"\s*(?P<selector>(?:[\w*,;=!]|\.(?=[\w*=!]))+\.[\w*=!,;.]*)\s+(?P<action>\S.*?)\s*\Z")

_STOP = re.compile(r"\s*(?:stop|~)\s*\Z")
_QUOTED = re.compile(r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""")
_LONE_SELECTOR = re.compile(r"\s*((?:[\w*,;=!]|\.(?=[\w*=!]))+\.[\w*=!,;.]*)\s*\Z")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. ``kind`` is ``directive`` (``name`` and ``value``), ``rule`` (``name`` the selector, ``value``
    the old action), ``stop`` by itself, or a RainerScript object's name with its ``parameters`` (names in lower
    case); an ``action`` behind a selector has it as ``name``. ``conditional`` are those inside ``if``, another block
    in braces such as a rule set's, or behind a property's filter."""

    kind: str
    name: str
    value: str
    file: str
    line: int
    parameters: dict[str, str] = field(default_factory=dict)
    conditional: bool = False


def uncommented(text: str) -> str:
    """The text without ``#`` to the end of a line and ``/* … */``; what is quoted stays, and so do the lines."""
    return _COMMENT.sub(lambda found: found[1] or "\n" * found[0].count("\n"), text)


def statements(text: str, file: str = MAIN) -> list[Statement]:
    """The statements of one file in order; includes are statements too."""
    text = uncommented(text)
    found: list[tuple[int, Statement]] = []
    for match in _OBJECT.finditer(text):
        parameters = {name.lower(): first or second for name, first, second in _PARAMETER.findall(match["inner"])}
        line = text.count("\n", 0, match.start()) + 1
        before = _LONE_SELECTOR.match(text[text.rfind("\n", 0, match.start()) + 1:match.start()])
        selector = before[1] if before and match["kind"].lower() == "action" else ""
        found.append((match.start(), Statement(match["kind"].lower(), selector, "", file, line, parameters)))
    bare = _OBJECT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    marked = _OBJECT.sub(lambda match: "@" + re.sub(r"[^\n]", " ", match[0][1:]), text)
    unquoted = _QUOTED.sub(lambda match: " " * len(match[0]), marked)
    position = 0
    for number, line_text in enumerate(bare.split("\n"), 1):
        directive, rule = _DIRECTIVE.match(line_text), _SELECTOR.match(line_text)
        if directive:
            found.append((position, Statement("directive", directive[1].lower(), directive[2], file, number)))
        elif rule:
            found.append((position, Statement("rule", rule["selector"], rule["action"], file, number)))
        elif _STOP.match(line_text):
            found.append((position, Statement("stop", "", "", file, number)))
        elif (alone := _LONE_SELECTOR.match(line_text)) and text.split("\n")[number - 1].strip() != alone[1]:
            found.append((position, Statement("rule", alone[1], "", file, number)))
        position += len(line_text) + 1
    return [replace(statement, conditional=_conditional(unquoted, start))
            for start, statement in sorted(found, key=lambda one: one[0])]


def _conditional(text: str, start: int) -> bool:
    """Whether what begins at ``start`` is inside braces, behind ``then`` or ``else``, or behind a property's filter."""
    before = text[:start]
    line = before.rpartition("\n")[2].lstrip()
    return (before.count("{") > before.count("}") or re.search(r"\b(?:then|else)\s*\Z", before) is not None
            or line.startswith(":"))


@dataclass
class Configuration:
    """Every statement over all files, in order, and why it is not the whole if it is not."""

    statements: list[Statement]
    missing: Missing | None = None


def configuration(host: Host) -> Configuration:
    """Read the main file and everything it includes."""
    found = Configuration([])
    _read(host, MAIN, found, [])
    return found


def _read(host: Host, path: str, into: Configuration, seen: list[str], conditional: bool = False) -> None:
    if len(seen) == MAX_FILES:
        into.missing = Missing(Reason.TRUNCATED, f"more than {MAX_FILES} files are included")
        return
    seen.append(path)
    try:
        text = host.read(path)
    except LookError as error:
        into.missing = error.missing
        return
    for one in statements(text, path):
        statement = replace(one, conditional=one.conditional or conditional)
        patterns = list(_included(statement))
        if not patterns:
            into.statements.append(statement)
        for pattern in patterns:
            try:
                paths = _matching(host, pattern)
            except LookError as error:
                into.missing = error.missing
                continue
            for name in paths:
                _read(host, name, into, seen, statement.conditional)


def _included(statement: Statement) -> Iterator[str]:
    if statement.kind == "directive" and statement.name == "includeconfig":
        yield statement.value.split()[0]
    elif statement.kind == "include" and "file" in statement.parameters:
        yield statement.parameters["file"]


def _matching(host: Host, pattern: str) -> list[str]:
    directory, name = posixpath.split(pattern)
    try:
        names = host.list(directory)
    except NotThere:
        return []
    if not name:
        return [posixpath.join(directory, one) for one in names]
    return [posixpath.join(directory, one) for one in names if fnmatch.fnmatchcase(one, name)]
