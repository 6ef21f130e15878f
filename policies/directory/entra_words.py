"""A place in the space of sign-ins, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policies.directory.entra_space import (
    ACTIVE_SYNC,
    APP,
    CLIENT,
    CLIENTS,
    INSIDE,
    MODERN,
    NAMES,
    OTHER_CLIENTS,
    PLATFORM,
    PLATFORMS,
    RISKS,
    SIGN_IN_RISK,
    TRUSTED_IPS,
    USER_RISK,
    App,
    Space,
    describe_apps,
)

_PLATFORMS = {"windows": "Windows", "android": "Android", "linux": "Linux", "windowsPhone": "Windows Phone",
              "unknown": "a platform of another kind"}
_CLIENTS = {
    MODERN: "with a browser or a modern application",
    ACTIVE_SYNC: "with an old mail program (Exchange ActiveSync)",
    OTHER_CLIENTS: "with an old mail program (IMAP, POP, SMTP and the like)",
    ACTIVE_SYNC | OTHER_CLIENTS: "with an old mail program",
}


def place(space: Space, cell: Mapping[int, int]) -> str:
    """One way to sign in that lies in the cell: "from Linux to the application X"; "from anywhere" for all."""
    return " ".join(_parts(space, cell)) or "from anywhere, to any application"


def protocols(space: Space, cell: Mapping[int, int]) -> str:
    """The old protocols among the clients of a cell."""
    bits = cell.get(CLIENT, space.whole[CLIENT])
    return ", ".join(name for bit, name in ((OTHER_CLIENTS, "IMAP, POP, SMTP"), (ACTIVE_SYNC, "ActiveSync"))
                     if bits & bit)


def _parts(space: Space, cell: Mapping[int, int]) -> Iterator[str]:
    if CLIENT in cell:
        bits = cell[CLIENT]
        yield _CLIENTS.get(bits) or ("with a browser" if _first(CLIENTS, bits) == "browser" else
                                     "with a mobile or desktop application")
    if PLATFORM in cell:
        name = _first(PLATFORMS, cell[PLATFORM])
        yield f"from {_PLATFORMS.get(name, name)}"
    for dimension, bits in sorted(cell.items()):
        where = space.location(dimension)
        if where:
            yield f"from {'inside' if bits == INSIDE else 'outside'} {_location(space, where)}"
        elif space.rule(dimension):
            yield f"on a device that {'fits' if bits == INSIDE else 'does not fit'} the filter {space.rule(dimension)}"
    if APP in cell:
        yield f"to {_application(describe_apps(space, cell[APP])[0])}"
    for dimension, whose in ((USER_RISK, "user"), (SIGN_IN_RISK, "sign-in")):
        if dimension in cell:
            levels = [one for number, one in enumerate(RISKS) if cell[dimension] >> number & 1]
            yield f"while the risk of the {whose} is {' or '.join(levels)}"


def _location(space: Space, where: str) -> str:
    if where == TRUSTED_IPS:
        return "the trusted addresses of the settings of multifactor authentication"
    return f"the named location \"{space.location_names.get(where) or where}\""


def _application(app: App) -> str:
    if app.id:
        return f"{NAMES[app.id]}" if app.id in NAMES else f"the application {app.id}"
    if app.office:
        return "Office 365"
    return "the administration portals" if app.portals else "applications that no policy names"


def _first(words: tuple[str, ...], bits: int) -> str:
    return next(one for number, one in enumerate(words) if bits >> number & 1)
