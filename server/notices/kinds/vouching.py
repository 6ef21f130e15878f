"""What people vouch for, as the day comes on which it no longer counts."""

from server.notices.kind import OFFICE, Kind
from server.pages.language import N_

KINDS = (
    Kind("attestation-ending", N_("What somebody vouched for must be confirmed again"),
         N_("%(count)s attestation must be confirmed again"), N_("%(count)s attestations must be confirmed again"),
         "/office/attestations", 60, told=OFFICE, in_freeze=False),
    Kind("contact-test-ending", N_("A point of contact must be called again to see whether it answers"),
         N_("%(count)s point of contact must be called again"),
         N_("%(count)s points of contact must be called again"), "/office/contacts", 61, told=OFFICE),
)
