"""An office ends, or what it keeps is about to go."""

from server.notices.kind import DECIDING, OFFICE, Kind, Timing
from server.pages.language import N_

KINDS = (
    Kind("wind-down-begun", N_("The office is to be deleted with everything in it"),
         N_("the office is to be deleted with everything in it"),
         N_("the office is to be deleted with everything in it (said %(count)s times)"),
         "/office/keeping", 3, told=OFFICE, timing=Timing.NOW, critical=True),
    Kind("wind-down-stopped", N_("The deletion of the office was stopped"),
         N_("the deletion of the office was stopped"),
         N_("the deletion of the office was stopped %(count)s times"),
         "/office/keeping", 4, told=OFFICE, timing=Timing.NOW),
    Kind("retention-announced", N_("What the office no longer keeps is about to be deleted"),
         N_("%(count)s deletion of what you no longer keep is announced"),
         N_("%(count)s deletions of what you no longer keep are announced"),
         "/office/keeping", 80, told=DECIDING, timing=Timing.DAILY),
)
