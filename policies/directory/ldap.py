"""What is judged of an Active Directory domain or an LDAP directory.

Neither can demand a second factor itself, so that the facts about multifactor authentication are absent; whether a
smart card is demanded of an administrator, Active Directory does say. An LDAP server's own rules of access are in its
configuration, which is not read: who can make themselves administrators there is not known.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hustings.directory.ldap import State
from hustings.facts import Missing, Reason
from policies.directory import ldap_accounts, ldap_hidden, ldap_passwords, ldap_settings
from policies.directory.context import Context
from policies.directory.facts import FACTS
from policies.directory.ldap_view import View

_NOT_READ = Missing(Reason.UNSUPPORTED, "an LDAP server keeps its rules of access in its configuration, which is not "
                    "read: attest who may write to the directory")


def answers(text: str, context: Context) -> dict[str, Any]:
    """The facts of ``policies.directory.facts`` by id, for the state as its collector wrote it."""
    try:
        state = msgspec.json.decode(text, type=State)
    except msgspec.ValidationError as error:
        wrong = Missing(Reason.ERROR, f"the state of the directory is not understood: {error}")
        return {fact.id: wrong for fact in FACTS}
    view = View(state, context)
    hidden = ldap_hidden.facts(view) if view.ad else {"directory.hidden_admins": _NOT_READ}
    return {**ldap_accounts.facts(view), **ldap_passwords.facts(view), **ldap_settings.facts(view), **hidden}
