"""Settings in force, the usage report and foreign sign-ins of a Google Workspace tenant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from collectors._google_accounts import moment
from collectors.google_door import Google
from collectors.google_errors import GoogleError, Invalid
from hustings.directory.google import Policy, Report, SignOn, Usage
from hustings.directory.google_sections import BY_NAME

_POLICIES, _REPORT, _SIGN_ON = (BY_NAME[one] for one in ("policies", "report", "sign_on"))
JUDGED = ("security.", "gmail.imap_access", "gmail.pop_access", "gmail.auto_forwarding", "gmail.service_status",
          "api_controls.unconfigured_third_party_apps")
"""Beginnings of the types of settings that are kept."""
POLICY_PAUSE = 1.0
"""Seconds between two pages: Google takes one request a second of each organisation."""
_LAG = (2, 9)
"""Of how many days ago a usage report is looked for, the newest first."""
_PARAMETERS: tuple[str, ...] = (
    "accounts:num_security_keys", "accounts:num_passkeys_enrolled", "gmail:last_interaction_time",
    "gmail:last_webmail_time", "gmail:last_imap_time", "gmail:last_pop_time")
_OLDER = tuple(one for one in _PARAMETERS if "passkeys" not in one)
"""What was there before Google counted passkeys, for a service that refuses the whole question otherwise."""
_LATER = re.compile(r"later than (\d{4}-\d{2}-\d{2})")
_NO_DATA = "DATA_NOT_AVAILABLE"


class _Query(msgspec.Struct, frozen=True):
    orgUnit: str = ""  # noqa: N815
    group: str = ""
    query: str = ""
    sortOrder: float = 0.0  # noqa: N815


class _Setting(msgspec.Struct, frozen=True):
    type: str = ""
    value: dict[str, Any] = {}


class _Policy(msgspec.Struct, frozen=True):
    name: str = ""
    policyQuery: _Query = _Query()  # noqa: N815
    setting: _Setting = _Setting()
    type: str = "ADMIN"


class _Policies(msgspec.Struct, frozen=True):
    policies: tuple[_Policy, ...] = ()
    nextPageToken: str = ""  # noqa: N815


class _Parameter(msgspec.Struct, frozen=True):
    name: str = ""
    intValue: int | None = None  # noqa: N815
    datetimeValue: str = ""  # noqa: N815


class _Entity(msgspec.Struct, frozen=True):
    userEmail: str = ""  # noqa: N815
    profileId: str = ""  # noqa: N815


class _Usage(msgspec.Struct, frozen=True):
    entity: _Entity = _Entity()
    parameters: tuple[_Parameter, ...] = ()


class _Warning(msgspec.Struct, frozen=True):
    code: str = ""


class _Reports(msgspec.Struct, frozen=True):
    usageReports: tuple[_Usage, ...] = ()  # noqa: N815
    warnings: tuple[_Warning, ...] = ()
    nextPageToken: str = ""  # noqa: N815


class _Assignment(msgspec.Struct, frozen=True):
    ssoMode: str = ""  # noqa: N815
    targetGroup: str = ""  # noqa: N815
    targetOrgUnit: str = ""  # noqa: N815
    rank: int = 0


class _Assignments(msgspec.Struct, frozen=True):
    inboundSsoAssignments: tuple[_Assignment, ...] = ()  # noqa: N815
    nextPageToken: str = ""  # noqa: N815


def policies(google: Google, *, pause: float = POLICY_PAUSE) -> Iterator[Policy]:
    """Every setting of the types that are judged, with whom it covers."""
    for page in google.pages(_POLICIES, "/v1/policies", {"pageSize": "100"}, _Policies, pause=pause):
        for one in page.policies:
            kind = one.setting.type.removeprefix("settings/")
            if kind.startswith(JUDGED):
                where = one.policyQuery
                yield Policy(kind, one.setting.value, where.orgUnit.removeprefix("orgUnits/"),
                             where.group.removeprefix("groups/"), where.query, where.sortOrder, one.type != "SYSTEM")


def report(google: Google, customer: str, now: datetime) -> Report:
    """The usage report of the newest day that has one. Raises ``GoogleError`` where none of the last days has."""
    day, last = (now.astimezone(UTC).date() - timedelta(days=ago) for ago in _LAG)
    wanted = _PARAMETERS
    while day >= last:
        try:
            accounts = _accounts(google, customer, day, wanted)
        except Invalid as error:
            if "available" in error.said:
                day = _before(error.said, day)
            elif wanted is _OLDER:
                raise
            wanted = wanted if "available" in error.said else _OLDER
            continue
        if accounts is not None:
            return Report(day, tuple(accounts))
        day -= timedelta(days=1)
    raise GoogleError(f"none of the last {_LAG[1]} days has a usage report yet")


def _before(said: str, day: date) -> date:
    """The day to ask for next: Google may name the newest there is."""
    named = _LATER.search(said)
    if named:
        try:
            newest = date.fromisoformat(named[1])
        except ValueError:
            newest = day
        if newest < day:
            return newest
    return day - timedelta(days=1)


def _accounts(google: Google, customer: str, day: date, wanted: tuple[str, ...]) -> list[Usage] | None:
    asked = {"maxResults": "1000", "parameters": ",".join(wanted),
             "fields": "nextPageToken,warnings(code),usageReports(entity(userEmail,profileId),"
                       "parameters(name,intValue,datetimeValue))"}
    if customer != "my_customer":
        asked["customerId"] = customer
    found: list[Usage] = []
    for page in google.pages(_REPORT, f"/admin/reports/v1/usage/users/all/dates/{day.isoformat()}", asked, _Reports):
        if any(one.code == _NO_DATA for one in page.warnings):
            return None
        found += [_usage(one) for one in page.usageReports]
    return found or None


def _usage(one: _Usage) -> Usage:
    numbers = {part.name: part.intValue for part in one.parameters if part.intValue is not None}
    times = {part.name: moment(part.datetimeValue) for part in one.parameters if part.datetimeValue}
    return Usage(one.entity.profileId, one.entity.userEmail, numbers.get("accounts:num_security_keys"),
                 numbers.get("accounts:num_passkeys_enrolled"), bool(times),
                 _latest(times, _PARAMETERS[2:]), _latest(times, _PARAMETERS[2:4]))


def _latest(times: dict[str, datetime | None], names: tuple[str, ...]) -> datetime | None:
    return max((seen for one in names if (seen := times.get(one)) is not None), default=None)


def sign_on(google: Google, customer: str) -> Iterator[SignOn]:
    """Who signs in elsewhere."""
    asked = {"pageSize": "100", "filter": f'customer=="customers/{customer}"'} if customer != "my_customer" else {
        "pageSize": "100"}
    for page in google.pages(_SIGN_ON, "/v1/inboundSsoAssignments", asked, _Assignments):
        for one in page.inboundSsoAssignments:
            yield SignOn(one.ssoMode, one.targetOrgUnit.removeprefix("orgUnits/"),
                         one.targetGroup.removeprefix("groups/"), one.rank)
