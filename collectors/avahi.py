"""avahi: whether this machine announces itself and its services to the local network (avahi-daemon.conf(5))."""

from __future__ import annotations

from collectors._fragments import settings
from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Platform, Type
from collectors.host.protocol import Host, read_optional
from hustings.declared import Declared

_FILE = "/etc/avahi/avahi-daemon.conf"


def publishes(text: str) -> bool:
    """Whether anything is announced; the last of two lines counts."""
    said = dict(settings(text, "publish"))
    return said.get("disable-publishing", "no").lower() not in ("yes", "true", "on", "1")


def collect(host: Host, declared: Declared) -> Collected:
    """What the file says, if avahi has one here."""
    text = read_optional(host, _FILE)
    return {"avahi.publishes": ABSENT if text is None else publishes(text)}


COLLECTOR = Collector(
    name="avahi",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("avahi.publishes", Type.BOOL, "Whether avahi, when it runs, announces this machine; absent where it "
                                           "has no settings", Disclosure.SHARED),
    ),
    collect=collect,
    reads=(_FILE,),
)
