"""What windows, phases and acts are called. Each text is translated where it is shown."""

from __future__ import annotations

from server.elections.deadlines import Basis
from server.elections.model import WindowKind
from server.elections.phase import Code
from server.elections.planning import Break
from server.pages.language import N_

WINDOWS = {
    WindowKind.NOMINATION: N_("Nomination"), WindowKind.FREEZE: N_("Freeze"),
    WindowKind.UOCAVA: N_("Ballots to military and overseas voters"),
    WindowKind.LOGIC_AND_ACCURACY: N_("Logic-and-accuracy testing"), WindowKind.ADVANCE: N_("Advance voting"),
    WindowKind.CANVASS: N_("Canvass"), WindowKind.AUDIT: N_("Audit of results"),
    WindowKind.CERTIFICATION: N_("Certification"),
}
PHASES = {
    Code.VOTING: N_("Voting"), Code.ADVANCE: N_("Advance voting"), Code.CANVASS: N_("Canvass"),
    Code.AUDIT: N_("Audit of results"), Code.CERTIFICATION: N_("Certification"), Code.FREEZE: N_("Freeze"),
    Code.PREPARATION: N_("Preparation"), Code.NOMINATION: N_("Nomination"), Code.AFTER: N_("After the election"),
    Code.PLANNING: N_("Planning"), Code.QUIET: N_("Quiet"), Code.NONE: N_("No election ahead"),
}
MEANINGS = {
    Code.VOTING: N_("People are voting. Change nothing."),
    Code.ADVANCE: N_("People are voting early. Change nothing that voting rests on."),
    Code.CANVASS: N_("Votes are being confirmed. Keep every record and change nothing."),
    Code.AUDIT: N_("Results are being audited. Keep every record."),
    Code.CERTIFICATION: N_("The result is not final yet. Keep every record."),
    Code.FREEZE: N_("Nothing that voting rests on is changed, but for repairs that are safe in a freeze."),
    Code.PREPARATION: N_("The last weeks in which systems may be changed before the freeze or the vote."),
    Code.NOMINATION: N_("Candidates are filing. Scorecards are not published until certification."),
    Code.AFTER: N_("Look back at what was open on voting day, and repair it."),
    Code.PLANNING: N_("An election lies within a year: order what takes long."),
    Code.QUIET: N_("The next election is more than a year away: the best time to replace and to try things out."),
    Code.NONE: N_("Nobody entered an election that lies ahead, so no deadline moves and no freeze holds."),
}
ACTS = {"add": N_("Added"), "call": N_("Called suddenly"), "change": N_("Changed"), "cancel": N_("Cancelled")}
BREAKS = {
    Break.FROZEN: N_("would go live inside the freeze"),
    Break.AFTER_VOTE: N_("goes live after the vote"),
}
BASES = {
    Basis.DAYS: N_("days after it was first seen"), Basis.FREEZE: N_("the day before the freeze begins"),
    Basis.VOTING: N_("the day before voting begins"),
}
SCALES = {"large": N_("Most of the electorate votes"), "small": N_("A part of the electorate votes")}
