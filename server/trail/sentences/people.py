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
    "person.factor-add": N_("%(who)s added a second factor to %(subject)s."),
    "person.factor-remove": N_("%(who)s removed a second factor of %(subject)s."),
    "person.recovery-codes": N_("%(who)s had new recovery codes made for %(subject)s."),
    "person.password": N_("%(who)s changed the password of %(subject)s."),
    "person.contact": N_("%(who)s changed the e-mail or language of %(subject)s."),
    "person.session-end": N_("%(who)s ended another session of %(subject)s."),
    "person.sign-out-everywhere": N_("%(who)s signed %(subject)s out everywhere."),
    "person.invite": N_("%(who)s invited %(subject)s as %(role)s."),
    "person.invite-again": N_("%(who)s invited %(subject)s again."),
    "person.accept": N_("%(subject)s accepted the invitation."),
    "person.enable": N_("%(who)s opened the account of %(subject)s again."),
    "person.recover": N_("%(who)s recovered the account of %(subject)s: its second factors are gone, "
                         "and everybody is told."),
}
