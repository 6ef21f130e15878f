"""What an office says of itself: office or campaign, and the time zone whose days count. Versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.elections.days import UTC_ZONE
from server.store.schema.elections import office_settings


class Profile(StrEnum):
    """``CAMPAIGN``: ten actions within weeks in place of a plan over years."""

    OFFICE = "office"
    CAMPAIGN = "campaign"


@dataclass(frozen=True, slots=True)
class Settings:
    profile: Profile = Profile.OFFICE
    zone: str = UTC_ZONE


def current(connection: Connection, tenant: str) -> Settings:
    """The settings in force; an office on UTC days where nothing was set."""
    row = connection.execute(sa.select(office_settings).where(office_settings.c.tenant == tenant)
                             .order_by(office_settings.c.id.desc()).limit(1)).one_or_none()
    return Settings() if row is None else Settings(Profile(row.profile), row.zone)


def history(connection: Connection, tenant: str) -> list[tuple[datetime, Settings]]:
    """Every version, oldest first, with when it was written."""
    rows = connection.execute(sa.select(office_settings).where(office_settings.c.tenant == tenant)
                              .order_by(office_settings.c.id))
    return [(row.at, Settings(Profile(row.profile), row.zone)) for row in rows]


def write(connection: Connection, tenant: str, settings: Settings, *, now: datetime, by: str) -> None:
    connection.execute(sa.insert(office_settings).values(
        tenant=tenant, profile=settings.profile.value, zone=settings.zone, at=now, by=by))
