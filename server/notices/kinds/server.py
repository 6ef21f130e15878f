"""What happened to the server itself, on the machine it runs on."""

from server.notices.kind import EVERYBODY, OFFICE, Kind, Timing
from server.pages.language import N_

KINDS = (
    Kind("account-recovered", N_("Somebody was let in again from the server's own machine"),
         N_("%(count)s account was recovered on the server's own machine"),
         N_("%(count)s accounts were recovered on the server's own machine"), "/account", 1, told=EVERYBODY,
         may=EVERYBODY, timing=Timing.NOW, critical=True),
    Kind("restored", N_("The server was restored from a backup"),
         N_("the server was restored from a backup"), N_("the server was restored from a backup %(count)s times"),
         "/office", 2, told=OFFICE, timing=Timing.NOW, critical=True),
)
