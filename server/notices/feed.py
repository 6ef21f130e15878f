"""A person's feed: an Atom document of what happened, a day and kind an entry, numbers and links as in a mail.

Source: RFC 4287.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from xml.etree import ElementTree

from hustings.times import utc_text
from server.elections.days import zone as zone_of
from server.notices import kinds, wording
from server.notices.clean import plain
from server.notices.content import NAMED
from server.notices.receivers import fed
from server.pages.language import language
from server.store.events import Event
from server.store.notice_choices import Choices
from server.store.people import Role

SHOWN = timedelta(days=30)
ENTRIES = 100
_ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class Entry:
    """The events of one kind on one day of the office."""

    day: date
    kind: str
    count: int
    at: datetime
    """When the last of them happened."""
    names: tuple[str, ...]


def entries(found: Iterable[Event], role: Role, chosen: Choices, zone: str, *, frozen: bool,
            names: bool) -> list[Entry]:
    """What a person's feed holds, newest first. While ``frozen`` it leaves out what can wait."""
    known, where = kinds.every(), zone_of(zone)
    groups: dict[tuple[date, str], list[Event]] = {}
    for one in found:
        kind = known.get(one.kind)
        if kind is not None and fed(kind, role, chosen) and (kind.in_freeze or not frozen):
            groups.setdefault((one.at.astimezone(where).date(), one.kind), []).append(one)
    made = [Entry(day, kind, known[kind].count([one.data for one in some]), max(one.at for one in some),
                  tuple(dict.fromkeys(plain(one.subject) for one in some if one.subject))[:NAMED] if names else ())
            for (day, kind), some in groups.items()]
    return sorted(made, key=lambda one: (one.at, one.kind), reverse=True)[:ENTRIES]


def atom(shown: Sequence[Entry], *, office: str, code: str, base: str, identity: str, since: datetime) -> bytes:
    """The document. ``identity`` tells this feed from every other, and is not the secret of its address; ``since`` is
    when it was made."""
    spoken = language(code)
    tag = hashlib.sha256(identity.encode()).hexdigest()[:32]
    root = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": code})
    _text(root, "id", f"urn:hustings:feed:{tag}")
    _text(root, "title", f"Hustings{spoken.colon} {plain(office)}")
    _text(root, "updated", utc_text(shown[0].at if shown else since))
    _text(ElementTree.SubElement(root, "author"), "name", "Hustings")
    ElementTree.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": f"{base}/{code}/"})
    for one in shown:
        entry = ElementTree.SubElement(root, "entry")
        said = wording.sentence(one.kind, one.count, code)
        _text(entry, "id", f"urn:hustings:feed:{tag}:{one.day.isoformat()}:{one.kind}")
        _text(entry, "title", said)
        _text(entry, "updated", utc_text(one.at))
        ElementTree.SubElement(entry, "link", {
            "rel": "alternate", "type": "text/html", "href": f"{base}/{code}{kinds.every()[one.kind].path}"})
        _text(entry, "content", "\n".join((said, *one.names)))
    made: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = text
