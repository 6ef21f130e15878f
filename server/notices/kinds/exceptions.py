"""Failures that are accepted until a day, as that day comes."""

from server.notices.kind import OFFICE, Kind
from server.pages.language import N_

KINDS = (
    Kind("exception-ending", N_("An accepted failure is soon accepted no longer"),
         N_("%(count)s accepted failure is soon accepted no longer"),
         N_("%(count)s accepted failures are soon accepted no longer"), "/exceptions", 40, told=OFFICE),
    Kind("exception-ended", N_("An accepted failure is accepted no longer"),
         N_("%(count)s accepted failure is accepted no longer"),
         N_("%(count)s accepted failures are accepted no longer"), "/exceptions", 41, told=OFFICE),
)
