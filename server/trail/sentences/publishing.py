"""What the audit trail says of what is published."""

from server.pages.language import N_

SENTENCES = {
    "publication.prepare": N_("%(who)s prepared the public version number %(subject)s."),
    "publication.approve": N_("%(who)s approved the public version number %(subject)s."),
    "publication.publish": N_("The public version number %(subject)s was published, approved by %(people)s."),
    "publication.withdraw": N_("%(who)s took back the public version number %(subject)s."),
    "handling.set": N_("%(who)s set the handling line of the annex to %(line)s."),
}
