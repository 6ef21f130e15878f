"""nfs_exports: directories this machine lends to others over NFS, and on which terms (exports(5))."""

from __future__ import annotations

import re
from typing import Any

from collectors.base import Collected, Collector, Disclosure, Fact, Field, Listing, Platform, Type
from collectors.host.protocol import Host, list_optional, read_optional
from hustings.declared import Declared

_FILE = "/etc/exports"
_MORE = "/etc/exports.d"
_WORD = re.compile(r'"[^"]*"|\S+')
_CLIENT = re.compile(r"([^()]*)(?:\(([^)]*)\))?")


def parse(text: str) -> list[dict[str, Any]]:
    """Each directory and client. Options before a client that has none of its own are the line's defaults."""
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        words = _WORD.findall(line.partition("#")[0])
        if not words:
            continue
        path, common = words[0].strip('"'), ""
        for word in words[1:] or ["*"]:
            if word.startswith("-"):
                common = word[1:]
                continue
            match = _CLIENT.fullmatch(word)
            client, given = (match[1], match[2]) if match else (word, None)
            options = {one.strip() for one in f"{common},{given or ''}".split(",")}
            found.append({"path": path, "client": client or "*", "anyone": client in ("", "*", "0.0.0.0/0", "::/0"),
                          "writable": "rw" in options, "root_kept": "no_root_squash" in options,
                          "any_port": "insecure" in options, "all_squashed": "all_squash" in options})
    return found


def collect(host: Host, declared: Declared) -> Collected:
    """The main file and its fragments."""
    texts = [read_optional(host, _FILE) or ""]
    texts += [host.read(f"{_MORE}/{name}") for name in list_optional(host, _MORE) if name.endswith(".exports")]
    items: list[Any] = [one for text in texts for one in parse(text)]
    return {"nfs.exports": Listing(items)}


COLLECTOR = Collector(
    name="nfs_exports",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("nfs.exports", Type.RECORDS, "Directories lent to other machines over NFS, one entry for each client",
             Disclosure.SHARED, fields=(
                 Field("path", Type.TEXT, "The directory"),
                 Field("client", Type.TEXT, "Who may use it"),
                 Field("anyone", Type.BOOL, "Whether that is every machine"),
                 Field("writable", Type.BOOL, "Whether it may be written to"),
                 Field("root_kept", Type.BOOL, "Whether root there is root here (no_root_squash)"),
                 Field("any_port", Type.BOOL, "Whether programs of ordinary users may ask (insecure)"),
                 Field("all_squashed", Type.BOOL, "Whether every user counts as nobody (all_squash)"),
             )),
    ),
    collect=collect,
    reads=(_FILE, f"{_MORE}/"),
)
