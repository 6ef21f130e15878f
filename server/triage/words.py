"""What the codes of findings are called. Each text is translated where it is shown."""

from __future__ import annotations

from server.elections.deadlines import Basis
from server.pages.language import N_
from server.triage.acts import Alarm, Kind
from server.triage.groups import By
from server.triage.history import Said
from server.triage.model import FixKind, News, State, Unseen

OFFICE = N_("The office as a whole")
YES = N_("yes")
STATES = {State.OPEN: N_("Open"), State.ACKNOWLEDGED: N_("Acknowledged"), State.EXCEPTED: N_("Accepted for now"),
          State.RESOLVED: N_("Resolved")}
UNSEEN = {Unseen.REPORT: N_("The machine's reports no longer say whether it fails"),
          Unseen.SILENT: N_("The machine has not reported for a week"),
          Unseen.REVOKED: N_("The machine's reports are no longer taken")}
ALARMS = {Alarm.CLAIMED: N_("Said to be a false alarm"), Alarm.ACCEPTED: N_("The office takes it for a false alarm"),
          Alarm.REJECTED: N_("No false alarm, says the office")}
NEWS = {News.NEW: N_("New"), News.REOPENED: N_("Came back"), News.RESOLVED: N_("Resolved"),
        News.COMMENTED: N_("Commented")}
FIXES = {FixKind.MINUTES: N_("Takes minutes"), FixKind.HOURS: N_("Takes hours"), FixKind.DAYS: N_("Takes days"),
         FixKind.REBOOT: N_("Needs a restart"), FixKind.MONEY: N_("Needs money")}
GROUPS = {By.CHECK: N_("By weakness"), By.MACHINE: N_("By machine"), By.WHO: N_("By who can repair it"),
          By.FIX: N_("By kind of repair")}
STEPS = {
    Said.OPENED: N_("It failed for the first time"), Said.REOPENED: N_("It failed again"),
    Said.RESOLVED: N_("A report says that it passes"), Said.UNSEEN: N_("Last seen to fail; later reports do not say"),
    Kind.ACKNOWLEDGE: N_("Acknowledged"), Kind.ASSIGN: N_("Given to somebody"), Kind.DUE: N_("Another day was set"),
    Kind.COMMENT: N_("Comment"), Kind.PROPOSE_FIX: N_("A repair was proposed"),
    Kind.FALSE_ALARM: N_("Called a false alarm"), Kind.FALSE_ALARM_DECIDED: N_("Decided on the false alarm"),
}
RULES = {Basis.DAYS: N_("by how severe it is"), Basis.FREEZE: N_("before the freeze begins"),
         Basis.VOTING: N_("before voting begins")}
BULK = {Kind.ACKNOWLEDGE: N_("Acknowledge"), Kind.ASSIGN: N_("Give to"), Kind.COMMENT: N_("Comment")}
"""What can be done to several at once."""
