"""Where login.defs is: ``/etc/login.defs``, or the vendor's with drop-ins on SUSE.

SUSE's shadow reads ``/usr/etc/login.defs`` unless ``/etc/login.defs`` exists, then the drop-ins of both
``login.defs.d`` (one in ``/etc`` replaces its namesake), in byte order. Elsewhere drop-ins mean nothing, so
they count only where the vendor's file shows that this is such a system.
"""

from __future__ import annotations

from collectors.host.protocol import Host, list_optional, read_optional

OWN, VENDOR = "/etc/login.defs", "/usr/etc/login.defs"
READS = (OWN, f"{OWN}.d/", VENDOR, f"{VENDOR}.d/")


def text(host: Host) -> str:
    """The text of login.defs with its drop-ins after it; empty if there is none. Raises ``LookError``."""
    own = read_optional(host, OWN)
    vendor = read_optional(host, VENDOR)
    if vendor is None:
        return own or ""
    places = {name: f"{place}.d/{name}" for place in (VENDOR, OWN)
              for name in list_optional(host, f"{place}.d") if name.endswith(".defs")}
    return "\n".join([vendor if own is None else own, *(host.read(places[name]) for name in sorted(places))])
