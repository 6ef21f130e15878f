"""What the audit trail says of outside reviewers and of what is shared."""

from server.pages.language import N_

SENTENCES = {
    "engagement.grant": N_("%(who)s agreed that the outside reviewer %(addressee)s is let in until %(until)s "
                           "(engagement %(subject)s, asked for by %(asked_by)s)."),
    "engagement.accept": N_("%(who)s accepted the engagement %(subject)s."),
    "engagement.decline": N_("%(who)s turned the engagement %(subject)s down."),
    "engagement.revoke": N_("%(who)s ended the engagement %(subject)s of %(reviewer)s at once: %(reason)s"),
    "review.enter": N_("%(who)s began to look at the office (engagement %(subject)s)."),
    "review.view": N_("%(who)s viewed %(place)s (engagement %(subject)s)."),
    "review.export": N_("%(who)s took out %(place)s (engagement %(subject)s)."),
    "sharing-profile.add": N_("%(who)s made the sharing profile %(subject)s for %(recipient)s, %(marking)s, until "
                              "%(until)s."),
    "sharing-profile.end": N_("%(who)s ended the sharing profile %(subject)s."),
    "sharing-profile.disclose": N_("%(who)s took out %(rows)s findings for %(recipient)s, %(marking)s (sharing profile "
                                   "%(subject)s)."),
}
