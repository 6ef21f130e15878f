"""What is asked account by account: mailboxes of those who hold a role, the setting by user, rules of mailboxes."""

from __future__ import annotations

import msgspec

from collectors import _entra_mail as mail
from collectors import _entra_per_user as per_user
from collectors import _entra_permissions as permissions
from collectors import _entra_users as users
from collectors._entra_fields import records
from collectors._entra_found import Found, insist
from collectors._entra_reading import Body, Reading
from hustings.directory.entra import Forwarding
from hustings.directory.unread import Unread
from hustings.facts import Reason

NO_RULES = Unread(Reason.UNSUPPORTED, "rules of mailboxes are read only where machine.yaml says `mail_rules: true`",
                  grant=permissions.MAILBOXES)
NO_SETTING_BY_USER = Unread(Reason.UNSUPPORTED, "Microsoft Graph has no such path here: multifactor authentication set "
                            "by user is not to be seen")


def read_mailboxes(reading: Reading, found: Found) -> None:
    """Of those who hold a role, whether they have a mailbox."""
    held = {one.id: one.direct for one in found.groups}
    holders = dict.fromkeys(one for role in found.roles for one in (role.principal, *held.get(role.principal, ()))
                            if one in found.users and found.users[one].enabled)
    if not holders or "mailboxes" in reading.unread:
        return
    with reading.section("mailboxes", grant=permissions.USERS):
        said, refused = reading.answers(
            "mailboxes", [(one, f"/users/{one}?$select={users.PLANS}") for one in holders], tuple[bool, ...],
            lambda _, body: users.has_mailbox(body))
        insist(refused, gone=True)
        own = {one.name for one in found.domains}
        for one, told in said.items():
            for has in told:
                found.users[one] = users.with_mailbox(found.users[one], has, own)


def read_per_user_mfa(reading: Reading, found: Found) -> None:
    """Multifactor authentication set by user, of as many accounts as declared."""
    if "per_user_mfa" in reading.unread:
        return
    enabled = sum(one.enabled for one in found.users.values())
    order = per_user.order(found.users, found.roles, found.policies, found.groups, reading.tenant.per_user_mfa)
    said: dict[str, str] = {}
    with reading.section("per_user_mfa", grant=permissions.POLICIES):
        said, refused = per_user.states(reading, order)
        for one, state in said.items():
            found.users[one] = msgspec.structs.replace(found.users[one], per_user_mfa=state)
        if order and not said and all(one.status in per_user.UNKNOWN for one in refused.values()):
            reading.unread["per_user_mfa"] = NO_SETTING_BY_USER
            return
        insist(refused, gone=True)
    if len(said) < enabled and "per_user_mfa" not in reading.unread:
        reading.unread["per_user_mfa"] = Unread(
            Reason.TRUNCATED, f"multifactor authentication set by user was asked of {len(said)} of {enabled} "
            "enabled accounts: `per_user_mfa` in machine.yaml says of how many")


def read_rules(reading: Reading, found: Found) -> None:
    """Rules of mailboxes that pass mail on, where they are to be read."""
    if not reading.tenant.mail_rules:
        reading.unread["forwardings"] = NO_RULES
        return
    if "forwardings" in reading.unread:
        return
    if "domains" in reading.unread:
        reading.unread["forwardings"] = reading.unread["domains"]
        return
    own = {one.name for one in found.domains}
    boxes = [one for one in found.users.values() if one.enabled and not one.guest and (one.mailbox or one.mail)]

    def passes(_: str, body: Body) -> list[bool]:
        return sorted(mail.passes_on(records(body, "value"), own))

    with reading.section("forwardings", grant=permissions.MAILBOXES):
        said, refused = reading.answers(
            "rules", [(one.id, f"/users/{one.id}/mailFolders/inbox/messageRules") for one in boxes], list[bool], passes)
        found.forwardings = [Forwarding(found.users[one].name, outside) for one, ways in said.items()
                             for outside in ways]
        insist(refused, gone=True)
