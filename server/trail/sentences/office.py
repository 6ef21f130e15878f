"""What the audit trail says of the office, its elections and contacts."""

from server.pages.language import N_

SENTENCES = {
    "server.init": N_("%(who)s set up this server for %(subject)s."),
    "office.profile": N_("%(who)s declared what kind of office this is: %(subject)s."),
    "share.set": N_("%(who)s allowed others to see the points of %(subject)s."),
    "share.withdraw": N_("%(who)s took back the consent to show the points of %(subject)s."),
    "elections.set": N_("%(who)s declared the voting days."),
    "election.add": N_("%(who)s entered the election %(subject)s."),
    "election.call": N_("%(who)s called the election %(subject)s."),
    "election.change": N_("%(who)s changed the election %(subject)s."),
    "election.cancel": N_("%(who)s cancelled the election %(subject)s."),
    "contact.add": N_("%(who)s added a contact for %(sector)s."),
    "contact.change": N_("%(who)s changed a contact for %(sector)s."),
    "contact.remove": N_("%(who)s removed a contact for %(sector)s."),
    "contact.test": N_("%(who)s noted a test call to the contact for %(sector)s."),
}
