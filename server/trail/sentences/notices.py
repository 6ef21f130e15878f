"""What the audit trail says of who is told."""

from server.pages.language import N_

SENTENCES = {
    "feed.create": N_("%(who)s made a feed of notices."),
    "feed.end": N_("%(who)s ended a feed of notices."),
    "webhook.add": N_("%(who)s set up the webhook %(subject)s."),
    "webhook.end": N_("%(who)s ended the webhook %(subject)s."),
    "notice.again": N_("%(who)s had the message %(subject)s sent again."),
    "notice.name": N_("%(who)s allowed messages to name machines and people."),
    "notice.name-not": N_("%(who)s forbade messages to name machines and people."),
}
