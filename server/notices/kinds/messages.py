"""Messages that could not be delivered."""

from server.notices.kind import ADMINISTRATORS, Kind
from server.pages.language import N_

KINDS = (
    Kind("notice-given-up", N_("A message could not be delivered"),
         N_("%(count)s message could not be delivered"), N_("%(count)s messages could not be delivered"),
         "/office/notices", 90, told=ADMINISTRATORS),
)
