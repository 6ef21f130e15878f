"""What an office says of itself, and whom it lets see its points: the same acts on the web and at the console.

A parent jurisdiction is named by its code, which it hands out itself, so that nobody can find out by trying which
other offices are on the server.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

from sqlalchemy.engine import Connection

from server.pages.language import N_
from server.spoken import Spoken
from server.store import audit, settings, sharing, tenants
from server.store.database import WHOLE_SERVER, Database
from server.store.people import Role
from server.store.settings import Profile, Settings

MAY_SET = frozenset({Role.ADMINISTRATOR})
MAY_CONSENT = frozenset({Role.ADMINISTRATOR, Role.OFFICIAL})


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """An office that others let see their points."""

    id: str
    name: str


def zones() -> list[str]:
    """Time zones to choose from: those of places in North America, and UTC."""
    return ["UTC", *sorted(name for name in available_timezones()
                           if name.startswith(("America/", "Pacific/Honolulu", "Pacific/Guam", "Pacific/Pago_Pago")))]


def describe(connection: Connection, tenant: str, *, profile: str, zone: str, now: datetime, by: str) -> None:
    """Say what kind of office it is and whose days count. Raises ``Spoken``."""
    if profile not in set(Profile):
        raise Spoken(N_("That is neither an office nor a campaign."), N_("Choose one of the two."), field="profile")
    if zone not in available_timezones():
        raise Spoken(N_("There is no such time zone."), N_("Choose one from the list, such as America/Toronto."),
                     field="zone")
    own = Settings(Profile(profile), zone)
    if own == settings.current(connection, tenant):
        return
    settings.write(connection, tenant, own, now=now, by=by)
    audit.record(connection, tenant, now, by, "office.profile", own.profile, {"zone": own.zone})


def consent(connection: Connection, tenant: str, *, parent: Jurisdiction | None, band: str | None, now: datetime,
            by: str) -> None:
    """Let a parent jurisdiction see the points, and be counted in a size; with neither, withdraw. Raises ``Spoken``."""
    if parent is not None and parent.id == tenant:
        raise Spoken(N_("An office is not its own parent."), N_("Write the code of the jurisdiction."), field="parent")
    if band is not None and band not in sharing.BANDS:
        raise Spoken(N_("There is no such size."), N_("Choose one from the list."), field="band")
    sharing.change(connection, tenant, parent=parent.id if parent else None, band=band, now=now, by=by)
    detail = {"parent": parent.name if parent else None, "band": band}
    if parent is None and band is None:
        audit.record(connection, tenant, now, by, "share.withdraw", "", {})
    else:
        audit.record(connection, tenant, now, by, "share.set", "", detail)


def jurisdiction(database: Database, code: str) -> Jurisdiction:
    """Whose code it is. Raises ``Spoken`` for one that is nobody's."""
    plain = code.strip().lower()
    found = None
    if plain.isascii() and plain.isalnum() and len(plain) <= 64:
        with database.read(WHOLE_SERVER) as connection:
            found = tenants.get(connection, plain)
    if found is None:
        raise Spoken(N_("That is no jurisdiction's code."),
                     N_("Ask the jurisdiction for the code on its own page of settings."), field="parent")
    return Jurisdiction(found.id, found.name)
