"""wireless: radios in this machine, and which of them may transmit.

Wi-Fi interfaces are those with an IEEE 802.11 device in ``/sys/class/net``, Bluetooth controllers and
mobile modems have classes of their own, and ``/sys/class/rfkill`` says which radios are blocked.
"""

from __future__ import annotations

from collectors.base import Collected, Collector, Disclosure, Fact, Field, Listing, Platform, Type
from collectors.host.protocol import Host, LookError, Unsupported, list_optional, read_optional
from hustings.declared import Declared

_NET, _BLUETOOTH, _RFKILL, _WWAN = "/sys/class/net", "/sys/class/bluetooth", "/sys/class/rfkill", "/sys/class/wwan"


def collect(host: Host, declared: Declared) -> Collected:
    """Every radio with its kind and whether it is on."""
    if host.kind == "image":
        raise Unsupported("radios are known only in a running system")
    switches = _switches(host)
    records: list[object] = [
        {"name": name, "kind": "wifi", "transmits": _on(host, f"{_NET}/{name}/phy80211", switches)}
        for name in host.list(_NET) if {"wireless", "phy80211"} & set(_below(host, f"{_NET}/{name}"))
    ]
    records += [{"name": name, "kind": "bluetooth", "transmits": _on(host, f"{_BLUETOOTH}/{name}", switches)}
                for name in list_optional(host, _BLUETOOTH) if ":" not in name]
    records += [{"name": name, "kind": "mobile", "transmits": True}
                for name in list_optional(host, _WWAN) if name.startswith("wwan") and "at" not in name]
    return {"wireless.radios": Listing(records)}


def _below(host: Host, path: str) -> list[str]:
    """The names in an entry of ``/sys/class/net``, which may also be a plain file (``bonding_masters``)."""
    try:
        return host.list(path)
    except LookError:
        return [] if path.endswith("/bonding_masters") else host.list(path)


def _switches(host: Host) -> dict[str, bool]:
    """By rfkill entry: whether it is blocked, by hand or by a switch."""
    blocked = {}
    for name in list_optional(host, _RFKILL):
        states = [(read_optional(host, f"{_RFKILL}/{name}/{kind}") or "0").strip() for kind in ("soft", "hard")]
        blocked[name] = "1" in states
    return blocked


def _on(host: Host, device: str, switches: dict[str, bool]) -> bool:
    """A radio is off only if a switch of its own says that it is blocked."""
    own = [switches[name] for name in list_optional(host, device) if name in switches]
    return not any(own)


COLLECTOR = Collector(
    name="wireless",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("wireless.radios", Type.RECORDS, "Radios of this machine", Disclosure.SHARED, fields=(
            Field("name", Type.TEXT, "The interface or controller"),
            Field("kind", Type.TEXT, "wifi, bluetooth or mobile"),
            Field("transmits", Type.BOOL, "Whether it may transmit: no switch (rfkill) blocks it"),
        )),
    ),
    collect=collect,
    reads=(f"{_NET}/", f"{_BLUETOOTH}/", f"{_RFKILL}/", f"{_WWAN}/", "/sys/devices/"),
)
