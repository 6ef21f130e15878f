"""banners: what is shown to whoever comes to sign in, before and after.

``/etc/issue`` at the machine's own terminals, ``/etc/issue.net`` (or the file sshd names) over the network,
``/etc/motd`` after sign-in. The escapes of agetty(8) put the system's name and version into a banner.
"""

from __future__ import annotations

import re

from collectors import os_release
from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Field, Listing, Platform, Type, gather
from collectors.host.protocol import Host, LookError, NotThere
from hustings.declared import Declared

FILES = ("/etc/issue", "/etc/issue.net", "/etc/motd")
_ESCAPES = re.compile(r"\\[mrsvS]")
"""agetty's escapes for the machine's kind, the kernel's release and version, and the system's name."""
_ANY_ESCAPE = re.compile(r"\\[a-zA-Z4]")


def collect(host: Host, declared: Declared) -> Collected:
    return gather({("banners.texts",): lambda: {"banners.texts": Listing([_record(host, path) for path in FILES])}})


def _record(host: Host, path: str) -> dict[str, object]:
    try:
        text = host.read(path, limit=64 << 10)
    except NotThere:
        return {"path": path, "there": False, "words": 0, "reveals": False, "escapes": False}
    except LookError as error:
        missing = error.missing
        return {"path": path, "there": True, "words": missing, "reveals": missing, "escapes": missing}
    return {"path": path, "there": True, **look_at(text, _names(host))}


def look_at(text: str, names: list[str]) -> dict[str, object]:
    """What a banner says: its words, whether it tells the system's name or version, whether it has any escape."""
    lowered = text.lower()
    told = any(re.search(rf"(?<![a-z]){re.escape(name)}(?![a-z])", lowered) for name in names)
    words = re.findall(r"\w+", _ANY_ESCAPE.sub(" ", text))
    return {"words": len(words), "reveals": bool(_ESCAPES.search(text)) or told,
            "escapes": bool(_ANY_ESCAPE.search(text))}


def _names(host: Host) -> list[str]:
    """What the system calls itself, in lower case."""
    try:
        text = os_release.text(host)
    except NotThere:
        return ["linux"]
    said = [str(value).lower() for fact, value in os_release.parse(text).items()
            if value is not ABSENT and fact in ("os.id", "os.name", "os.codename")]
    return [*(said or []), *os_release.family(text)[1:], "linux"]


FACTS = (
    Fact("banners.texts", Type.RECORDS, "The texts shown before and after sign-in", Disclosure.COUNTED, fields=(
        Field("path", Type.TEXT, "The file: /etc/issue, /etc/issue.net or /etc/motd"),
        Field("there", Type.BOOL, "Whether it exists"),
        Field("words", Type.INT, "How many words it has, escapes aside"),
        Field("reveals", Type.BOOL, "Whether it tells the system's name, version or kind"),
        Field("escapes", Type.BOOL, "Whether it has an escape that the terminal's program fills in"),
    )),
)

COLLECTOR = Collector(
    name="banners",
    platforms=frozenset({Platform.LINUX}),
    facts=FACTS,
    collect=collect,
    reads=(*FILES, *os_release.FILES),
)
