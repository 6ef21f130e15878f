"""A message in words: a number and a link for each kind of event, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from server.notices import kinds
from server.notices.clean import plain
from server.notices.content import Content
from server.pages.language import Language, language


@dataclass(frozen=True, slots=True)
class Said:
    """One kind of event: its sentence, where the particulars are, and names where they may be told."""

    text: str
    url: str
    names: tuple[str, ...]


def sentence(kind: str, count: int, code: str) -> str:
    """``3 new critical findings``. A kind that this version no longer knows is called by its name."""
    spoken = language(code)
    known = kinds.every().get(kind)
    if known is None:
        return f"{kind}: {spoken.number(count)}"
    single = count == 1 or (code == "fr" and count == 0)
    return spoken.say(known.one if single else known.many) % {"count": spoken.number(count)}


def said(one: Content, code: str, base: str) -> list[Said]:
    """Each part of a message. ``base`` is the address of this server."""
    known = kinds.every()
    return [Said(sentence(part.kind, part.count, code),
                 f"{base}/{code}{known[part.kind].path if part.kind in known else '/'}", part.names)
            for part in one.parts]


def subject(one: Content, office: str, code: str) -> str:
    """What stands in a mail's list: the office, the first thing, and that there is more."""
    spoken = language(code)
    if one.test:
        first = spoken.say("A test message")
    else:
        first = sentence(one.parts[0].kind, one.parts[0].count, code) if one.parts else ""
        if len(one.parts) > 1:
            first = spoken.say("%(first)s, and more") % {"first": first}
    return f"{plain(office)}{spoken.colon} {first}"


def text(one: Content, office: str, code: str, base: str) -> str:
    """The body of a mail."""
    spoken = language(code)
    lines = [plain(office), ""]
    if one.test:
        lines += [spoken.say("This is the test message that was asked for. Messages reach you here."), ""]
    for each in said(one, code, base):
        lines += [f"- {each.text}", *(f"    {name}" for name in each.names), f"  {each.url}", ""]
    if one.held:
        lines += [_held(one.held, spoken), ""]
    if not any(part.names for part in one.parts):
        lines += [spoken.say("No machine and no weakness is named here: sign in to see them."), ""]
    lines += [spoken.say("What you are told, and when:"), f"{base}/{code}/account/notices", ""]
    return "\n".join(lines)


def _held(count: int, spoken: Language) -> str:
    return spoken.texts.ngettext(
        "%(count)s event that can wait is held back until the election's freeze is over.",
        "%(count)s events that can wait are held back until the election's freeze is over.",
        count) % {"count": spoken.number(count)}
