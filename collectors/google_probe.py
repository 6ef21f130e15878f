"""Whether each part of a Google Workspace tenant may be read: the smallest question of each, asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from collectors import _secret_file
from collectors._patience import Patience
from collectors.google_door import Google
from collectors.google_errors import Gone, GoogleError, Invalid, NotSignedIn, Unreachable
from collectors.google_sign_in import Account
from collectors.host.protocol import Host
from hustings.declared import Tenant
from hustings.directory.google_sections import SECTIONS, Section


def probe(host: Host, tenant: Tenant, *, within: float) -> dict[str, GoogleError | None]:
    """By section None where it may be read, or why not. Raises ``LookError`` where signing in is refused outright."""
    google = Google(tenant, Account(_secret_file.read(host, tenant.key_file), tenant), SECTIONS, Patience(within))
    google.sign_in(SECTIONS[0])
    return {one.name: _asked(google, one, tenant) for one in SECTIONS}


def _asked(google: Google, section: Section, tenant: Tenant) -> GoogleError | None:
    """A question that is answered with "no such thing" was let through."""
    path, params = _question(section, tenant.id or "my_customer")
    subject = tenant.administrator if section.name == "forwardings" else ""
    try:
        google.get(section, path, params, subject=subject)
    except (Gone, Invalid):
        return None
    except (NotSignedIn, Unreachable):
        raise
    except GoogleError as error:
        return error
    return None


def _question(section: Section, customer: str) -> tuple[str, dict[str, str]]:
    directory = "/admin/directory/v1"
    of_customer = f"{directory}/customer/{quote(customer, safe='')}"
    day = (datetime.now(UTC) - timedelta(days=4)).date().isoformat()
    return {
        "users": (f"{directory}/users", {"customer": customer, "maxResults": "1", "fields": "users(id)"}),
        "roles": (f"{of_customer}/roleassignments", {"maxResults": "1"}),
        "units": (f"{of_customer}/orgunits", {"type": "children"}),
        "groups": (f"{directory}/groups", {"customer": customer, "maxResults": "1"}),
        "policies": ("/v1/policies", {"pageSize": "1"}),
        "report": (f"/admin/reports/v1/usage/users/all/dates/{day}",
                   {"maxResults": "1", "parameters": "accounts:num_security_keys"}),
        "sign_on": ("/v1/inboundSsoAssignments", {"pageSize": "1"}),
        "mobiles": (f"{of_customer}/devices/mobile", {"maxResults": "1"}),
        "chromebooks": (f"{of_customer}/devices/chromeos", {"maxResults": "1"}),
        "computers": ("/v1/devices", {"customer": f"customers/{customer}", "pageSize": "1"}),
        "forwardings": ("/gmail/v1/users/me/settings/autoForwarding", {}),
    }[section.name]
