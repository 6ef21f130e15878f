"""su: who may become somebody else with su(1), as its PAM stack decides (pam_wheel(8), pam_rootok(8))."""

from __future__ import annotations

from typing import Any

from collectors import _pam, _pam_walk, _passwd
from collectors.base import Collected, Collector, Disclosure, Fact, Field, Listing, Missing, Platform, Type
from collectors.host.protocol import Host, LookError, NotThere
from collectors.password_policy import MODULES, stack
from hustings.declared import Declared

SERVICES = ("su", "su-l")


def collect(host: Host, declared: Declared) -> Collected:
    found: list[dict[str, Any]] = []
    why: Missing | None = None
    groups = {one.name: one for one in _passwd.group(host.read("/etc/group"))[0]}
    for service in SERVICES:
        try:
            entries = [one for one in stack(host, service) if one.kind == "auth"]
        except NotThere as error:
            why = why if error.what == f"{_pam.PLACES[0]}/{service}" else error.missing
        except LookError as error:
            why = error.missing
        else:
            found.append(record(service, entries, groups))
    return {"su.services": Listing(found, why is None, why)}


def record(service: str, entries: list[_pam.Entry], groups: dict[str, _passwd.Group]) -> dict[str, Any]:
    """What one of su's stacks asks of whoever is not root. Pure.

    pam_wheel means the group it is told, else wheel where there is one, else the group with number 0. With
    ``deny`` it refuses that group, with ``root_only`` it looks at becoming root alone: neither keeps the others
    out. With ``trust`` it lets the group in, where a ``sufficient`` control then asks no password.
    """
    wheel = [index for index, one in enumerate(entries) if one.module == "pam_wheel"
             and not {"deny", "trust", "root_only"} & set(one.arguments)]
    closed = bool(wheel) and not _pam_walk.can_succeed(entries, lambda index, one: (
        _pam_walk.FAILS if index in wheel or one.module == "pam_rootok" else None))
    found: dict[str, Any] = {
        "service": service, "restricted": closed,
        "trusts": any(one.module == "pam_wheel" and "trust" in one.arguments and "deny" not in one.arguments
                      and _pam_walk.actions(one).get("success") == "done" for one in entries),
    }
    if closed:
        one = entries[wheel[0]]
        named = one.value("group") or ("wheel" if "wheel" in groups else "")
        group = groups.get(named) if named else next((each for each in groups.values() if each.gid == 0), None)
        found |= {"group": named or (group.name if group else ""), "use_uid": "use_uid" in one.arguments,
                  "group_exists": group is not None}
        if group is not None:
            found["members"] = len(set(group.members))
    return found


FACTS = (
    Fact("su.services", Type.RECORDS, "Who may use su, and su with a login shell", Disclosure.COUNTED, fields=(
        Field("service", Type.TEXT, "su or su-l"),
        Field("restricted", Type.BOOL, "Whether only the members of a group may use it"),
        Field("group", Type.TEXT, "That group; absent: everybody may"),
        Field("group_exists", Type.BOOL, "Whether that group is in /etc/group"),
        Field("members", Type.INT, "How many accounts that group's line names"),
        Field("use_uid", Type.BOOL, "Whether it goes by who runs su, and not by the name on the terminal"),
        Field("trusts", Type.BOOL, "Whether members of the group are asked no password"),
    )),
)

COLLECTOR = Collector(
    name="su",
    platforms=frozenset({Platform.LINUX}),
    facts=FACTS,
    collect=collect,
    stats=tuple(f"{place}/*.so" for place in MODULES),
    reads=(*(f"{place}/" for place in _pam.PLACES), "/etc/group"),
    needs="reading /etc/pam.d",
)
