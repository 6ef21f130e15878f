"""What outside reviewers did, and until when they may."""

from server.notices.kind import DECIDING, OFFICE, Kind
from server.pages.language import N_
from server.store.people import Role

KINDS = (
    Kind("reviewer-viewed", N_("An outside reviewer looked at the office's pages"),
         N_("%(count)s day on which an outside reviewer looked at your office's pages"),
         N_("%(count)s days on which outside reviewers looked at your office's pages"), "/office/engagements", 70,
         told=DECIDING, in_freeze=False),
    Kind("reviewer-exported", N_("An outside reviewer took a copy of something"),
         N_("%(count)s copy taken by an outside reviewer"), N_("%(count)s copies taken by outside reviewers"),
         "/office/engagements", 71, told=DECIDING),
    Kind("engagement-ending", N_("An outside reviewer's access is ending"),
         N_("the access of %(count)s outside reviewer is ending"),
         N_("the access of %(count)s outside reviewers is ending"), "/office/engagements", 72, told=DECIDING,
         may=OFFICE | {Role.REVIEWER}, in_freeze=False),
)
