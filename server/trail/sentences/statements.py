"""What the audit trail says of statements, evidence that was asked for, and what was taken out."""

from server.pages.language import N_

SENTENCES = {
    "export.download": N_("%(who)s took out %(rows)s lines of %(subject)s."),
    "evidence.ask": N_("%(who)s asked %(recipient)s for evidence (request %(subject)s, due %(due)s)."),
    "evidence.renew": N_("%(who)s renewed the link of the evidence request %(subject)s."),
    "evidence.close": N_("%(who)s closed the evidence request %(subject)s."),
    "evidence.take": N_("%(sender)s sent %(file)s for the evidence request %(subject)s."),
    "evidence.decide": N_("%(who)s decided on what was sent for the evidence request %(subject)s."),
    "statement.office": N_("%(who)s attached a statement of the office to the finding %(subject)s."),
    "statement.invite": N_("%(who)s invited %(vendor)s to answer on the finding %(subject)s."),
    "statement.revoke": N_("%(who)s revoked a vendor’s link to the finding %(subject)s."),
    "statement.vendor": N_("%(vendor)s attached a statement to the finding %(subject)s."),
}
