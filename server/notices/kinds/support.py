"""Software and machines whose maker stops repairing them."""

from server.notices.kind import OFFICE, Kind, Timing
from server.pages.language import N_

KINDS = (
    Kind("support-ending", N_("The maker's support of something the office uses is ending"),
         N_("the support of %(count)s product is ending"), N_("the support of %(count)s products is ending"),
         "/plan", 50, told=OFFICE, timing=Timing.WEEKLY, in_freeze=False),
)
