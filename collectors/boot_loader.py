"""boot_loader: who may change what the machine starts, and what it starts.

GRUB is looked for where Debian, Red Hat and SUSE keep it, on the EFI partition too, where the file is often
no more than a pointer to the real one. systemd-boot knows no password; ``editor no`` in ``loader.conf`` keeps
the entries as they are. Where no loader is, as in a container, there is nothing to protect.
"""

from __future__ import annotations

import posixpath

from collectors import _grub
from collectors._glob import expand
from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Field, Listing, Platform, Type, gather
from collectors.host.protocol import Host, list_optional, read_optional
from hustings.declared import Declared

_PLACES = ("/boot/grub", "/boot/grub2", "/boot/efi/EFI/*")
_ENTRIES = ("/boot/loader/entries", "/boot/efi/loader/entries", "/efi/loader/entries")
_LOADER = ("/boot/loader/loader.conf", "/boot/efi/loader/loader.conf", "/efi/loader/loader.conf")
_DEFAULTS, _CMDLINE = "/etc/default/grub", "/proc/cmdline"
_DROPINS = "/etc/default/grub.d"
_MENU = ("menuentry", "blscfg", "superusers", "password")


def collect(host: Host, declared: Declared) -> Collected:
    """The passwords, the entries, and what new entries will get, each on its own."""
    return gather({
        ("boot.passwords",): lambda: {"boot.passwords": Listing(_passwords(host))},
        ("boot.entries",): lambda: {"boot.entries": Listing(_entries(host))},
        ("boot.recovery_disabled",): lambda: {"boot.recovery_disabled": _recovery_disabled(host)},
    })


def _menus(host: Host) -> dict[str, str]:
    """The GRUB menus by directory: files that start or guard kernels, not those that only point elsewhere."""
    found = {}
    for place in [one for pattern in _PLACES for one in expand(host, pattern)]:
        text = read_optional(host, f"{place}/grub.cfg")
        if text is not None and (_grub.entries(text) or any(word in text for word in _MENU)):
            own = read_optional(host, f"{place}/custom.cfg") if "custom.cfg" in text else None
            found[place] = f"{text}\n{own or ''}"
    return found


def _passwords(host: Host) -> list[object]:
    records: list[object] = [
        {"place": "menu", "kind": _grub.password(text, read_optional(host, f"{place}/user.cfg"))}
        for place, text in _menus(host).items()]
    for path in _LOADER:
        conf = read_optional(host, path)
        if conf is not None and not records:
            words = [line.split() for line in conf.splitlines()]
            locked = any(one[:1] == ["editor"] and one[1:] in (["no"], ["0"], ["false"], ["off"]) for one in words)
            records.append({"place": "menu", "kind": "locked" if locked else "none"})
    for place in [one for pattern in _PLACES for one in expand(host, pattern)]:
        text = read_optional(host, f"{place}/user.cfg")
        if text is not None:
            records.append({"place": "user.cfg", "kind": "hashed" if _grub.hashed_user_file(text) else "none"})
    return records or [{"place": "nowhere", "kind": "none"}]


def _entries(host: Host) -> list[object]:
    menus = _menus(host)
    records = [_record(one, "start") for text in menus.values() for one in _grub.entries(text)]
    if not menus or any("blscfg" in text for text in menus.values()):
        variables = {name: value for place in menus
                     for name, value in _grub.environment(read_optional(host, f"{place}/grubenv") or "").items()}
        for directory in _ENTRIES:
            for name in list_optional(host, directory):
                if name.endswith(".conf"):
                    entry = _grub.loader_entry(host.read(f"{directory}/{name}"), variables)
                    records += [_record(entry, "start")] if entry else []
    if host.kind != "image":
        records.append(_record(_grub.Entry("running", tuple(host.read(_CMDLINE).split())), "now"))
    said = _defaults(host)
    if said is not None:
        always = said.get("GRUB_CMDLINE_LINUX", "").split()
        if said.get("GRUB_DISABLE_RECOVERY", "").lower() == "true":
            always += said.get("GRUB_CMDLINE_LINUX_DEFAULT", "").split()
        records.append(_record(_grub.Entry("new entries", tuple(always)), "written"))
    return records


def _record(entry: _grub.Entry, moment: str) -> object:
    return {"title": entry.title, "moment": moment, "recovery": entry.recovery,
            "arguments": f" {' '.join(entry.arguments)} "}


def _defaults(host: Host) -> dict[str, str] | None:
    text = read_optional(host, _DEFAULTS)
    if text is None:
        return None
    more = [host.read(posixpath.join(_DROPINS, name)) for name in list_optional(host, _DROPINS)
            if name.endswith(".cfg")]
    return _grub.defaults("\n".join([text, *more]))


def _recovery_disabled(host: Host) -> object:
    said = _defaults(host)
    return ABSENT if said is None else said.get("GRUB_DISABLE_RECOVERY", "").lower() == "true"


COLLECTOR = Collector(
    name="boot_loader",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("boot.passwords", Type.RECORDS, "What the boot loader asks for before its entries are changed",
             Disclosure.SHARED, fields=(
                 Field("place", Type.TEXT, "menu (in force), user.cfg (a file for it, read or not) or nowhere (no "
                       "boot loader is there)"),
                 Field("kind", Type.TEXT, "hashed (a password kept hashed), plain, locked (nothing can be changed) or "
                       "none"),
             )),
        Fact("boot.entries", Type.RECORDS, "Kernels that can be started, and how", Disclosure.COUNTED, fields=(
            Field("title", Type.TEXT, "The entry's name"),
            Field("moment", Type.TEXT, "now (what runs), start (in the boot loader) or written (what new entries get, "
                                       "from /etc/default/grub)"),
            Field("recovery", Type.BOOL, "Whether it leads to a rescue shell"),
            Field("arguments", Type.TEXT, "The kernel's arguments, a blank before and after each"),
        )),
        Fact("boot.recovery_disabled", Type.BOOL, "Whether no rescue entries are made (GRUB_DISABLE_RECOVERY); absent "
             "without /etc/default/grub", Disclosure.SHARED),
    ),
    collect=collect,
    reads=(*(f"{place}/{name}" for place in _PLACES for name in ("grub.cfg", "custom.cfg", "user.cfg", "grubenv")),
           *(f"{one}/" for one in _ENTRIES), *_LOADER, _DEFAULTS, f"{_DROPINS}/", _CMDLINE),
    needs="read the boot loader's configuration (root)",
)
