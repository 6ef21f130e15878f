"""The facts that are derived of every kind of directory. Which of them a kind can answer, its module says.

A judging module (``entra``, ``google``, ``ldap``) answers a mapping from these ids to a plain value, a ``Listing``
of records, a ``Missing`` (the reason, what to grant) or None (absent: this kind of directory has no such thing).
"""

from __future__ import annotations

from functools import partial

from hustings.facts import ACCOUNT, OBJECT, PERSON, WORDS, Disclosure, Fact, Field, Type

_names = partial(Fact, type=Type.RECORDS, disclosure=Disclosure.PSEUDONYM, each="tenant")
_open = partial(Fact, disclosure=Disclosure.SHARED, each="tenant")
_account = Field("account", Type.TEXT, "The sign-in name", ACCOUNT)
_admin = Field("admin", Type.BOOL, "Whether it has administration rights")
_guest = Field("guest", Type.BOOL, "Whether it belongs to somebody outside")
_declared = Field("declared", Type.BOOL, "Whether machine.yaml declares this as intended")
_detail = Field("detail", Type.TEXT, "The explanation in words", WORDS)
_near = Field("near_miss", Type.TEXT, "What declaration or change alone would settle it", WORDS)
_why = Field("why", Type.TEXT, "The reason, as one word of a fixed list")
_application = Field("application", Type.TEXT, "The application", OBJECT)

FACTS = (
    _open("directory.kind", type=Type.TEXT, meaning="entra, google, active-directory or ldap"),
    _open("directory.people", type=Type.INT, meaning="Enabled accounts of people, guests not counted"),
    _open("directory.guests", type=Type.INT, meaning="Enabled accounts of people outside"),
    _open("directory.administrators", type=Type.INT, meaning="Enabled accounts with administration rights"),
    _open("directory.licences", type=Type.TEXTS, meaning="Service plans in force that open what is read"),
    _open("directory.unread", type=Type.RECORDS, meaning="What of the directory could not be read, and what would "
          "open it", fields=(
              Field("section", Type.TEXT, "What it is"), Field("reason", Type.TEXT, "denied, unsupported …"),
              Field("detail", Type.TEXT, "What the service answered"),
              Field("grant", Type.TEXT, "The permission, scope or right to grant"),
              Field("licence", Type.TEXT, "The licence that the service wants for it"))),
    # IAM-01, IAM-02, IAM-09
    _names("directory.admins_without_mfa", meaning="Administrators who can sign in to something without a second "
           "factor being demanded", fields=(_account, _why, _guest, Field(
               "declared", Type.BOOL, "Whether machine.yaml declares it as break-glass, or as a service account that "
               "only synchronises; nothing else lets an administrator through"), _detail, _near)),
    _names("directory.people_without_mfa", meaning="Everybody else who can", fields=(
        _account, _why, _guest, _declared, _detail, _near)),
    _names("directory.mfa_undecided", meaning="Accounts of which it cannot be said whether a second factor is demanded",
           fields=(_account, _admin, _guest, _why, _detail)),
    _names("directory.app_without_mfa", meaning="People who can sign in to a declared registration system without a "
           "second factor", fields=(_application, _account, _why, _declared, _detail)),
    _names("directory.app_undecided", meaning="Declared registration systems of which that cannot be said",
           fields=(_application, _why, _detail)),
    # IAM-03, IAM-04
    _names("directory.not_registered", meaning="People who have registered no second factor", fields=(
        _account, _admin, _guest, _declared)),
    _names("directory.weak_method", meaning="Administrators and those declared of high value who have registered no "
           "phishing-resistant method", fields=(_account, _admin, _declared, Field(
               "methods", Type.TEXTS, "What they have instead"))),
    _names("directory.weak_method_accepted", meaning="Administrators and those declared of high value from whom a "
           "method that can be phished is accepted", fields=(_account, _admin, _why, _declared, _detail, _near)),
    # IAM-05
    _names("directory.legacy_open", meaning="Accounts from which sign-ins with a password alone by old protocols are "
           "accepted", fields=(_account, Field("protocol", Type.TEXT, "IMAP, POP, SMTP, ActiveSync or other"), _why,
                               _declared, _detail, _near)),
    _names("directory.legacy_undecided", meaning="Accounts of which that cannot be said",
           fields=(_account, _why, _detail)),
    # IAM-06, IAM-07
    _names("directory.top_admins", meaning="Accounts that can do everything: global and super administrators, members "
           "of the highest groups", fields=(
               _account, Field("kind", Type.TEXT, "person, guest, service or group"), _guest,
               Field("via", Type.TEXTS, "The groups in between", OBJECT),
               Field("eligible", Type.BOOL, "Whether it must be activated first"),
               Field("break_glass", Type.BOOL, "Whether it is declared as break-glass"))),
    _names("directory.break_glass", meaning="Declared break-glass accounts", fields=(
        _account, Field("found", Type.BOOL, "Whether there is such an account"),
        Field("usable", Type.BOOL, "Whether it is enabled and can do everything"))),
    _names("directory.admins_with_mailbox", meaning="Administrators who read mail with the same account", fields=(
        _account, _declared, _detail)),
    _names("directory.hidden_admins", meaning="Accounts and applications outside the administrators' groups that can "
           "make themselves administrators", fields=(
               _account, Field("right", Type.TEXT, "The right by which they can"), _detail, _declared)),
    _names("directory.risky_applications", meaning="Applications that could take the tenant over or read everybody's "
           "mail and files", fields=(_application, Field("permission", Type.TEXT, "The permission"),
                                     Field("foreign", Type.BOOL, "Whether another organisation owns it"), _declared)),
    _names("directory.old_credentials", meaning="Secrets and certificates of applications that are expired, older than "
           "two years, or good for longer", fields=(
               _application, Field("kind", Type.TEXT, "secret or certificate"), _why,
               Field("ends", Type.TIME, "When it expires; absent for never"))),
    _open("directory.invitations", type=Type.TEXT, meaning="Who may invite guests: none, administrators, members or "
          "everyone"),
    _open("directory.consent", type=Type.TEXT, meaning="Which applications users may let in by themselves: none, "
          "limited or any"),
    # IAM-10
    _open("directory.password_min_length", type=Type.INT, meaning="The shortest password that is accepted",
          unit="characters"),
    _open("directory.lockout_threshold", type=Type.INT, meaning="Wrong passwords before an account is locked; 0 for "
          "never"),
    _open("directory.weak_password_rules", type=Type.TEXTS, meaning="What else is wrong with the rules for passwords, "
          "in words"),
    _names("directory.never_expiring", meaning="Accounts whose password never expires although the rules want it to",
           fields=(_account, _admin, _declared)),
    _names("directory.no_password_needed", meaning="Accounts that may have an empty password, or that anyone may ask "
           "a crackable ticket for", fields=(_account, _admin, _why)),
    # IAM-11 to IAM-14
    _names("directory.dormant", meaning="Enabled accounts of people not used for the time the policy allows", fields=(
        _account, _admin, _guest, _declared, Field("last", Type.TIME, "The last sign-in; absent for never"),
        Field("days", Type.INT, "Days since then, or since it was made"))),
    _names("directory.leavers", meaning="Enabled accounts of people who left", fields=(
        Field("person", Type.TEXT, "The person", PERSON), _account, _admin,
        Field("left", Type.TIME, "The day the person left; absent where only the list of digests knows"))),
    _names("directory.shared_accounts", meaning="Accounts whose name says that several people use them", fields=(
        _account, _admin, Field("owned", Type.BOOL, "Whether somebody is declared to answer for it"))),
    _names("directory.default_accounts", meaning="Accounts that came with the directory and are open", fields=(
        _account, _why)),
    _open("directory.weak_settings", type=Type.TEXTS, meaning="Settings of the directory itself that leave it open "
          "wider than it need be, in words"),
    # DOM-12
    _names("directory.forwarding", meaning="Mailboxes that pass mail on", fields=(
        _account, Field("outside", Type.BOOL, "Whether to somebody outside"))),
    _open("directory.forwarding_allowed", type=Type.BOOL, meaning="Whether people may have their mail forwarded "
          "automatically"),
    # machines without an agent
    _names("directory.devices", meaning="Devices that the directory manages", fields=(
        Field("device", Type.TEXT, "The device", OBJECT), _account, Field("os", Type.TEXT, "windows, macos, ios …"),
        Field("version", Type.VERSION, "Its version"),
        Field("support", Type.TEXT, "Of that version's free support: dated, open (no end announced) or over "
              "(ended, day unknown)"),
        Field("support_ends", Type.TIME, "The last supported day; absent unless support is dated"),
        Field("encrypted", Type.BOOL, "Whether its disk is encrypted"),
        Field("compliant", Type.BOOL, "Whether it obeys the tenant's rules"),
        Field("personal", Type.BOOL, "Whether it belongs to the person"),
        Field("last_seen", Type.TIME, "When it last reported"))),
)
"""Every one of them is about one declared tenant."""
