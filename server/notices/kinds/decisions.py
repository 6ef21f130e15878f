"""Acts that wait for a second person."""

from server.notices.kind import DECIDING, EVERYBODY, Kind, Timing
from server.pages.language import N_

KINDS = (
    Kind("decision-waits", N_("Something waits for the decision of a second person"),
         N_("%(count)s act waits for the decision of a second person"),
         N_("%(count)s acts wait for the decision of a second person"), "/office/decisions", 5, told=DECIDING,
         may=EVERYBODY, timing=Timing.NOW),
)
