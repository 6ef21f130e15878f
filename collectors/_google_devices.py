"""Devices that Google Workspace manages or has seen: telephones, ChromeOS devices, computers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from urllib.parse import quote

import msgspec

from collectors._google_accounts import moment
from collectors.google_door import Google
from hustings.directory.google import Device
from hustings.directory.google_sections import BY_NAME

_MOBILES, _CHROMEBOOKS, _COMPUTERS = (BY_NAME[one] for one in ("mobiles", "chromebooks", "computers"))
_GONE = frozenset({"UNPROVISIONED", "DEVICE_WIPED", "ACCOUNT_WIPED", "DELETED", "DEPROVISIONED"})
_SYSTEMS = {"WINDOWS": "windows", "MAC_OS": "macos", "LINUX": "linux"}
_VERSION = re.compile(r"\d+(?:\.\d+)*")
_ENCRYPTED = {"ENCRYPTED": True, "NOT_ENCRYPTED": False}
_OWNERS = {"COMPANY": False, "BYOD": True}


class _Mobile(msgspec.Struct, frozen=True):
    resourceId: str = ""  # noqa: N815
    model: str = ""
    os: str = ""
    type: str = ""
    status: str = ""
    email: tuple[str, ...] = ()
    lastSync: str = ""  # noqa: N815
    encryptionStatus: str = ""  # noqa: N815
    deviceCompromisedStatus: str = ""  # noqa: N815


class _Mobiles(msgspec.Struct, frozen=True):
    mobiledevices: tuple[_Mobile, ...] = ()
    nextPageToken: str = ""  # noqa: N815


class _Chromebook(msgspec.Struct, frozen=True):
    deviceId: str = ""  # noqa: N815
    serialNumber: str = ""  # noqa: N815
    osVersion: str = ""  # noqa: N815
    status: str = ""
    annotatedUser: str = ""  # noqa: N815
    lastSync: str = ""  # noqa: N815
    autoUpdateExpiration: int = 0  # noqa: N815


class _Chromebooks(msgspec.Struct, frozen=True):
    chromeosdevices: tuple[_Chromebook, ...] = ()
    nextPageToken: str = ""  # noqa: N815


class _Computer(msgspec.Struct, frozen=True):
    name: str = ""
    deviceType: str = ""  # noqa: N815
    hostname: str = ""
    serialNumber: str = ""  # noqa: N815
    osVersion: str = ""  # noqa: N815
    encryptionState: str = ""  # noqa: N815
    ownerType: str = ""  # noqa: N815
    compromisedState: str = ""  # noqa: N815
    lastSyncTime: str = ""  # noqa: N815


class _Computers(msgspec.Struct, frozen=True):
    devices: tuple[_Computer, ...] = ()
    nextPageToken: str = ""  # noqa: N815


def mobiles(google: Google, customer: str) -> Iterator[Device]:
    """Telephones and tablets that are in use."""
    asked = {"maxResults": "100", "projection": "FULL", "fields": "nextPageToken,mobiledevices(resourceId,model,os,"
             "type,status,email,lastSync,encryptionStatus,deviceCompromisedStatus)"}
    path = f"/admin/directory/v1/customer/{quote(customer, safe='')}/devices/mobile"
    for page in google.pages(_MOBILES, path, asked, _Mobiles):
        for one in page.mobiledevices:
            if one.status.upper() not in _GONE:
                yield Device(one.resourceId, _system(one), version(one.os), _mobile_encrypted(one.encryptionStatus),
                             _obeys(one), None, one.email[0] if one.email else "", moment(one.lastSync))


def chromebooks(google: Google, customer: str) -> Iterator[Device]:
    """ChromeOS devices that are in use. Their storage is encrypted by design."""
    asked = {"maxResults": "300", "projection": "BASIC", "fields": "nextPageToken,chromeosdevices(deviceId,"
             "serialNumber,osVersion,status,annotatedUser,lastSync,autoUpdateExpiration)"}
    path = f"/admin/directory/v1/customer/{quote(customer, safe='')}/devices/chromeos"
    for page in google.pages(_CHROMEBOOKS, path, asked, _Chromebooks):
        for one in page.chromeosdevices:
            if one.status.upper() == "ACTIVE":
                yield Device(one.serialNumber or one.deviceId, "chromeos", version(one.osVersion), True, None, False,
                             one.annotatedUser, moment(one.lastSync), _day(one.autoUpdateExpiration))


def computers(google: Google, customer: str) -> Iterator[Device]:
    """Computers alone: telephones are in the other lists too."""
    asked = {"pageSize": "100", "customer": f"customers/{customer}", "fields": "nextPageToken,devices(name,deviceType,"
             "hostname,serialNumber,osVersion,encryptionState,ownerType,compromisedState,lastSyncTime)"}
    for page in google.pages(_COMPUTERS, "/v1/devices", asked, _Computers):
        for one in page.devices:
            if one.deviceType in _SYSTEMS:
                compliant = False if one.compromisedState == "COMPROMISED" else None
                yield Device(one.hostname or one.serialNumber or one.name, _SYSTEMS[one.deviceType],
                             version(one.osVersion), _ENCRYPTED.get(one.encryptionState), compliant,
                             _OWNERS.get(one.ownerType), "", moment(one.lastSyncTime))


def _day(milliseconds: int) -> date | None:
    """The day of a time in milliseconds since 1970; None for none."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).date() if milliseconds > 0 else None
    except (OverflowError, OSError, ValueError):
        return None


def version(text: str) -> str:
    """The number in "Android 13", "Windows 10.0.22631"; "" for none."""
    found = _VERSION.search(text)
    return found[0] if found else ""


def _system(one: _Mobile) -> str:
    name = one.os.casefold()
    for word, system in (("ipados", "ipados"), ("ios", "ios"), ("iphone", "ios"), ("android", "android")):
        if word in name:
            return system
    return {"ANDROID": "android", "IOS_SYNC": "ios"}.get(one.type.upper(), "other")


def _mobile_encrypted(text: str) -> bool | None:
    said = text.casefold()
    if "not" in said or "unencrypted" in said or "off" in said:
        return False
    return True if "encrypted" in said else None


def _obeys(one: _Mobile) -> bool | None:
    said = one.deviceCompromisedStatus.casefold()
    if one.status.upper() in ("BLOCKED", "PENDING") or (said and "no compromise" not in said and "compromise" in said
                                                        and "undetected" not in said):
        return False
    return True if one.status.upper() == "APPROVED" and "no compromise" in said else None
