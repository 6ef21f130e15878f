"""Weaknesses that appear, and that come back."""

from server.notices.kind import Kind, Timing
from server.pages.language import N_

KINDS = (
    Kind("critical-finding", N_("A new critical finding"),
         N_("%(count)s new critical finding"), N_("%(count)s new critical findings"), "/findings", 10,
         timing=Timing.NOW, critical=True),
    Kind("finding-reopened", N_("A finding that was resolved is open again"),
         N_("%(count)s finding that was resolved is open again"),
         N_("%(count)s findings that were resolved are open again"), "/findings", 20),
)
