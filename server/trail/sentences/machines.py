"""What the audit trail says of machines and what they report."""

from server.pages.language import N_

SENTENCES = {
    "agent.enroll": N_("The machine %(host)s enrolled."),
    "agent.revoke": N_("%(who)s revoked the machine %(subject)s: its reports are no longer taken."),
    "token.create": N_("%(who)s made a token that enrols one machine."),
    "recording.import": N_("%(who)s imported the recording of %(host)s."),
    "inventory.import": N_("%(who)s declared the inventory from %(subject)s."),
    "access.review": N_("%(who)s signed the review of the rights on %(database)s."),
}
