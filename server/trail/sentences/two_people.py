"""What the audit trail says of decisions by two people."""

from server.pages.language import N_

SENTENCES = {
    "decision.ask": N_("%(who)s asked for what needs a second person: %(subject)s (request %(number)s)."),
    "decision.approve": N_("%(who)s approved the request %(number)s: %(subject)s."),
    "decision.refuse": N_("%(who)s refused the request %(number)s: %(subject)s."),
    "decision.withdraw": N_("%(who)s took the request %(number)s back: %(subject)s."),
}
