"""The lines at the foot of every printed page: who measured, when, by which method, and of what it is made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from policies.grade import METHOD
from policies.model import Pack
from server.pages.language import Language


def foot(lines: Sequence[str], speak: Language) -> dict[str, Any]:
    """What a template takes as ``foot``."""
    return {"lines": list(lines), "page": speak.say("Page %(page)s of %(pages)s") % {"page": "{page}",
                                                                                    "pages": "{pages}"}}


def measured(oldest: datetime | None, now: datetime, pack: Pack, digest: str, speak: Language) -> list[str]:
    """Who measured and when; method, pack and the digest of the record behind the page."""
    say = speak.say
    who = (say("Measured by the audit agent on the machines themselves; the oldest report arrived %(moment)s.")
           % {"moment": speak.time(oldest)} if oldest else say("No machine has reported yet") + ".")
    return [
        who + " " + say("As of %(moment)s.") % {"moment": speak.time(now)},
        say("Grading method %(method)s; policy pack %(version)s, %(digest)s.") % {
            "method": METHOD, "version": pack.version, "digest": short(pack.digest)},
        say("Made from the record %(digest)s.") % {"digest": digest} + " " + say(
            "This shows hygiene measured on dated evidence. It does not prove that a system is secure."),
    ]


def short(digest: str) -> str:
    """The first sixteen hexadecimal digits of a digest, enough to compare by eye."""
    return "sha256:" + digest.removeprefix("sha256:")[:16]


def of(data: Mapping[str, Any]) -> str:
    """The SHA-256 of a record's canonical JSON: what a page is made from."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
