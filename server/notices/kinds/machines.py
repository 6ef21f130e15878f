"""Machines that stop reporting, and that report again."""

from server.notices.kind import Kind, Timing
from server.pages.language import N_

KINDS = (
    Kind("machine-silent", N_("A machine has stopped reporting"),
         N_("%(count)s machine has stopped reporting"), N_("%(count)s machines have stopped reporting"),
         "/machines", 30, timing=Timing.NOW),
    Kind("machine-back", N_("A machine reports again"),
         N_("%(count)s machine reports again"), N_("%(count)s machines report again"), "/machines", 31),
)
