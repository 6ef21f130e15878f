"""What the audit trail says of signing in and accounts."""

from server.pages.language import N_

SENTENCES = {
    "person.sign-in": N_("%(who)s signed in."),
    "person.sign-in-refused": N_("A sign-in as %(subject)s was refused."),
    "person.sign-out": N_("%(who)s signed out."),
    "person.factor": N_("%(who)s proved a second factor."),
    "person.factor-refused": N_("A second factor of %(subject)s was refused."),
    "person.add": N_("%(who)s let %(subject)s sign in as %(role)s."),
    "person.role": N_("The role of %(subject)s changed from %(before)s to %(after)s."),
    "person.reset": N_("%(who)s gave %(subject)s a new password and ended their sessions."),
    "person.disable": N_("%(who)s closed the account of %(subject)s."),
    "link.create": N_("%(who)s made a link that signs %(subject)s in once."),
    "api-token.make": N_("%(who)s made the API token %(subject)s."),
    "api-token.revoke": N_("%(who)s revoked the API token %(subject)s."),
    "provider.add": N_("%(who)s set up the identity provider %(subject)s."),
    "provider.disable": N_("%(who)s turned the identity provider %(subject)s off."),
    "provider.bind": N_("%(who)s bound %(subject)s to an account at %(provider)s."),
}
