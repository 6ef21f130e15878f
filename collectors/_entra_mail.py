"""Rules of mailboxes that pass mail on, from what Microsoft Graph answers. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from collectors._entra_fields import Body, flag, record, records, text

_ACTIONS = ("forwardTo", "forwardAsAttachmentTo", "redirectTo")


def passes_on(rules: Iterable[Body], own: Collection[str]) -> set[bool]:
    """Whether enabled ``messageRule`` pass mail on: to somebody outside (True), within the domains ``own`` (False).
    An address without a domain is one of the organisation's own address book."""
    found = set()
    for rule in rules:
        if not flag(rule, "isEnabled", True):
            continue
        actions = record(rule, "actions")
        for recipient in (one for action in _ACTIONS for one in records(actions, action)):
            address = text(record(recipient, "emailAddress"), "address").casefold()
            found.add("@" in address and address.rpartition("@")[2] not in own)
    return found
