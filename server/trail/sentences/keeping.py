"""What the audit trail says of backups, retention, holds and winding down."""

from server.pages.language import N_

SENTENCES = {
    "server.backup": N_("%(who)s made a backup of the server."),
    "server.restore": N_("%(who)s restored the server from the backup of %(made)s."),
    "data.export-agreed": N_("%(who)s agreed that all data of the office may be taken out until %(until)s."),
    "data.export": N_("%(who)s took out all data of the office."),
    "hold.set": N_("%(who)s placed a legal hold: %(matter)s."),
    "hold.lift": N_("%(who)s lifted the legal hold: %(matter)s."),
    "retention.set": N_("%(who)s changed how long data is kept."),
    "retention.announce": N_("Old data will be deleted on %(due)s (run %(subject)s)."),
    "retention.end": N_("The deletion of old data ended: %(outcome)s (run %(subject)s)."),
    "tenant.add": N_("%(who)s added this office to the server as %(subject)s."),
    "tenant.rename": N_("%(who)s renamed this office to %(subject)s."),
    "tenant.kind": N_("%(who)s changed what this office is: %(subject)s."),
    "wind-down.begin": N_("%(who)s agreed that this office is deleted on %(due)s."),
    "wind-down.stop": N_("%(who)s stopped the deletion of this office."),
    "wind-down.carry-out": N_("%(who)s deleted this office."),
}
