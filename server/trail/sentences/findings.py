"""What the audit trail says of findings, exceptions and attestations."""

from server.pages.language import N_

SENTENCES = {
    "finding.acknowledge": N_("%(who)s took note of the finding %(subject)s."),
    "finding.assign": N_("%(who)s said who looks after the finding %(subject)s."),
    "finding.comment": N_("%(who)s commented on the finding %(subject)s."),
    "finding.due": N_("%(who)s changed the day by which the finding %(subject)s is due."),
    "finding.propose-fix": N_("%(who)s proposed a repair of the finding %(subject)s."),
    "finding.false-alarm": N_("%(who)s called the finding %(subject)s a false alarm."),
    "finding.decide-false-alarm": N_("%(who)s decided whether the finding %(subject)s is a false alarm."),
    "exception.add": N_("The failure of %(subject)s is accepted until %(until)s: asked by %(asked_by)s, "
                        "approved by %(approved_by)s."),
    "exception.end": N_("%(who)s ended the accepted failure of %(subject)s."),
    "not-applicable.add": N_("%(subject)s is declared not to apply until %(until)s, answered for by %(owner)s."),
    "not-applicable.end": N_("%(who)s ended the declaration that %(subject)s does not apply."),
    "attestation.enter": N_("%(who)s entered the attestation %(subject)s, in the name of %(person)s."),
    "attestation.withdraw": N_("%(who)s withdrew the attestation %(subject)s."),
}
