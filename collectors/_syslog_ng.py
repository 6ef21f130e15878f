"""Where syslog-ng sends messages to (its administration guide: destinations, log paths, TLS options)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from collectors._glob import expand
from collectors.host.protocol import Host, LookError, NotThere, Unreadable
from hustings.facts import Missing, Reason

MAIN = "/etc/syslog-ng/syslog-ng.conf"
READS = ("/etc/syslog-ng/",)
MAX_FILES = 200
_TOKEN = re.compile(r"""
    \s+ | \#[^\n]* | (?P<string>"(?:\\.|[^"\\])*"|'[^']*') | (?P<word>[^\s{}();"'#]+) | (?P<sign>[{}();])
""", re.VERBOSE)
_PRAGMA = re.compile(r"""^\s*@include\s+["']?([^"'\n]+?)["']?\s*$""", re.MULTILINE)
_NETWORK = {"tcp": "tcp", "tcp6": "tcp", "udp": "udp", "udp6": "udp", "network": "tcp", "syslog": "tcp"}


@dataclass
class Node:
    """A word and what its parentheses or braces hold."""

    name: str
    inner: list[Node] = field(default_factory=list)


def parse(text: str) -> list[Node]:
    """The statements of one text. Raises ``ValueError`` for one that does not end."""
    tokens = [(match["string"], match["word"] or match["sign"] or "") for match in _TOKEN.finditer(
        re.sub(r"^\s*@[^\n]*$", "", text, flags=re.MULTILINE)) if match["string"] or match["word"] or match["sign"]]
    nodes, position = _nodes(tokens, 0, top=True)
    if position < len(tokens):
        raise ValueError("a parenthesis or brace is closed that was never opened")
    return nodes


def _nodes(tokens: list[tuple[str | None, str]], position: int, *, top: bool = False) -> tuple[list[Node], int]:
    found: list[Node] = []
    while position < len(tokens):
        string, word = tokens[position]
        position += 1
        if string is not None:
            found.append(Node(string[1:-1]))
        elif word in "({":
            inner, position = _nodes(tokens, position)
            if found:
                found[-1].inner += inner
        elif word in ")}":
            return found, position - (1 if top else 0)
        elif word == ";":
            found.append(Node(";"))
        else:
            found.append(Node(word))
    if not top:
        raise ValueError("a parenthesis or brace is not closed")
    return found, position


def forwards(nodes: list[Node]) -> list[object]:
    """The network destinations that a log path uses."""
    named = {nodes[index + 1].name: nodes[index + 1].inner for index, node in enumerate(nodes[:-1])
             if node.name == "destination"}
    return [record for node in nodes if node.name == "log" for drivers in _destinations(node.inner, named)
            for record in _records(drivers, whole=not any(one.name == "filter" for one in node.inner))]


def _destinations(inner: list[Node], named: dict[str, list[Node]]) -> Iterator[list[Node]]:
    for node in inner:
        if node.name == "destination" and len(node.inner) == 1 and node.inner[0].name in named:
            yield named[node.inner[0].name]
        elif node.name == "destination":
            yield node.inner
        else:
            yield from _destinations(node.inner, named)


def _records(drivers: list[Node], *, whole: bool) -> Iterator[object]:
    for driver in drivers:
        if driver.name not in _NETWORK or not driver.inner:
            continue
        options = {node.name.replace("_", "-"): node.inner for node in driver.inner}
        transport = next((node.name for node in options.get("transport", [])), _NETWORK[driver.name]).lower()
        checks = {node.name.replace("_", "-"): node.inner for node in options.get("tls", [])}
        verify = next((node.name for node in checks.get("peer-verify", [])), "required-trusted").lower()
        encrypted = transport == "tls"
        yield {"target": driver.inner[0].name, "protocol": "tcp" if encrypted else transport, "tls": encrypted,
               "everything": whole,
               "peer_check": "certificate" if encrypted and verify in ("required-trusted", "yes") else "none"}


def read(host: Host) -> tuple[list[object], Missing | None]:
    """What the files say, and why that is not the whole if it is not. Raises ``LookError``."""
    texts: list[str] = []
    missing = _file(host, MAIN, texts)
    try:
        return forwards(parse("\n".join(texts))), missing
    except ValueError as error:
        raise Unreadable(f"{MAIN}: {error}") from error


def _file(host: Host, path: str, texts: list[str]) -> Missing | None:
    if len(texts) == MAX_FILES:
        return Missing(Reason.TRUNCATED, f"more than {MAX_FILES} files are included")
    text = host.read(path)
    texts.append(text)
    missing: Missing | None = None
    for pattern in _PRAGMA.findall(text):
        if pattern == "scl.conf":
            continue  # the vendor's library of building blocks sends nothing by itself
        place = posixpath.join(posixpath.dirname(MAIN), pattern)
        try:
            for one in expand(host, place):
                missing = _file(host, one, texts) or missing
        except NotThere:
            continue
        except LookError as error:
            missing = error.missing
    return missing
