"""What the audit trail says of the plan and its money."""

from server.pages.language import N_

SENTENCES = {
    "equipment.import": N_("%(who)s imported the equipment list %(file)s."),
    "equipment.match": N_("%(who)s said what the equipment %(subject)s is."),
    "budget.declare": N_("%(who)s declared the budget."),
    "plan.hours": N_("%(who)s declared the hours that staff can give."),
    "plan.make": N_("The plan number %(subject)s was made for %(who)s."),
    "plan.approve": N_("%(who)s approved the plan number %(subject)s."),
}
