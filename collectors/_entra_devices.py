"""Devices that a tenant knows, from what Microsoft Graph answers. Pure."""

from __future__ import annotations

from collectors._entra_fields import Body, flag, moment, needed, text
from hustings.directory.entra import Device

MANAGED = ("id,deviceName,operatingSystem,osVersion,isEncrypted,complianceState,managedDeviceOwnerType,"
           "userPrincipalName,lastSyncDateTime")
KNOWN = ("id,displayName,operatingSystem,operatingSystemVersion,accountEnabled,isCompliant,deviceOwnership,trustType,"
         "approximateLastSignInDateTime")
_COMPLIANCE = {"compliant": True, "noncompliant": False, "conflict": False, "ingraceperiod": False}
"""What is left out (``unknown``, ``error``, ``configManager``) tells nothing."""


def managed(body: Body) -> Device:
    """A ``managedDevice`` of Intune."""
    return Device(
        name=text(body, "deviceName") or needed(body, "id"), os=text(body, "operatingSystem"),
        version=text(body, "osVersion"), encrypted=_told(body, "isEncrypted"),
        compliant=_COMPLIANCE.get(text(body, "complianceState").casefold()),
        owner=_owner(text(body, "managedDeviceOwnerType")), user=text(body, "userPrincipalName"),
        last_seen=moment(body, "lastSyncDateTime"))


def known(body: Body) -> Device | None:
    """A ``device`` of the directory, which says nothing of encryption; None for one that is disabled."""
    if not flag(body, "accountEnabled", True):
        return None
    return Device(
        name=text(body, "displayName") or needed(body, "id"), os=text(body, "operatingSystem"),
        version=text(body, "operatingSystemVersion"), compliant=_told(body, "isCompliant"),
        owner=_owner(text(body, "deviceOwnership"))
        or ("personal" if text(body, "trustType") == "Workplace" else "company"),
        last_seen=moment(body, "approximateLastSignInDateTime"))


def _told(body: Body, key: str) -> bool | None:
    return None if body.get(key) is None else flag(body, key)


def _owner(said: str) -> str:
    return said.casefold() if said.casefold() in ("company", "personal") else ""
