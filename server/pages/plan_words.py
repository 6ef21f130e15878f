"""What codes of the plan are called on its pages. Each text is translated where it is shown."""

from __future__ import annotations

from server.pages.language import N_
from server.planning.model import Option, Status

OPTIONS = {
    Option.KEEP: N_("Keep"), Option.EXTEND: N_("Extend support"), Option.UPGRADE: N_("Upgrade"),
    Option.REPLACE: N_("Replace"), Option.RETIRE: N_("Retire"),
}
STATUS = {
    Status.OPTIMAL: N_("No better plan exists for this money, these hours and these dates: that is proven."),
    Status.FEASIBLE: N_("Everything that must be done by a date is. A better plan may exist, but it could lower the "
                        "exposure by %(gap)s at most."),
    Status.INFEASIBLE: N_("Not everything that must be done by a date can be. This is the best that can be done."),
}
RULES = {
    "support": N_("end of support"), "lts": N_("end of long-term support"),
    "extension": N_("end of the support that its maker extended"), "certification": N_("end of certification"),
    "declared": N_("end of life as the office declared it"),
    "voting-life": N_("ten years of use, what voting equipment is expected to last"),
    "hardware-life": N_("seven years of use, what hardware is expected to last"),
}
INPUTS = {
    "inventory": N_("Equipment list"), "budget": N_("Budget"), "calendar": N_("Elections and freezes"),
    "agents": N_("What agents report"), "approved": N_("The plan approved before"), "mapping": N_("Mapping"),
}
FIELDS = {
    "": N_("leave out"), "asset": N_("Name of the asset"), "kind": N_("Kind"), "make": N_("Make"),
    "model": N_("Model"), "version": N_("Version"), "quantity": N_("Quantity"), "purchased": N_("Purchased on"),
    "site": N_("Site"), "unit_cost": N_("Price of one"), "lead_months": N_("Lead time in months"),
    "group": N_("Group that moves together"), "hours": N_("Staff hours"), "upgrade_cost": N_("Cost of an upgrade"),
    "extend_cost": N_("Cost of extended support"), "extend_until": N_("Extended support until"),
    "must_by": N_("Must be done by"), "retire": N_("Can be retired"),
    "unit_upgrade_cost": N_("Upgrade price of one"), "unit_extend_cost": N_("Extended support, price of one"),
    "edition": N_("Edition"), "product": N_("Product and cycle"), "serial": N_("Serial number"),
    "owner": N_("Owner"), "place": N_("Place"), "certification": N_("Certification"),
    "certified_until": N_("Certified until"), "end_of_life": N_("End of life (declared)"),
    "end_of_sale": N_("End of sale"), "extended_until": N_("Support granted until"), "evidence": N_("Evidence"),
    "lineage": N_("Earlier makers"),
}
"""The columns of an equipment list, and "" for one that is not read."""
VALUES = {
    **{name: text for name, text in FIELDS.items() if name}, "cost": N_("To replace it"),
    "serials": N_("Serial number"),
}
