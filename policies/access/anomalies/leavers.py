"""IAM-12: people who left and whose accounts are open.

Known by person id (``leavers`` in the model) or by salted digests of e-mail addresses (``leavers_file``).
"""

from __future__ import annotations

from policies.access.anomalies._context import Context, Found, Rule
from policies.access.rows import Anomaly, Unread

IAM_12 = "IAM-12"


def leavers(context: Context) -> Found:
    """Open accounts of people on the list of leavers."""
    if context.model.leavers_file and context.roster is None:
        yield Unread(IAM_12, f"the list of leavers {context.model.leavers_file} was not read")
    for login, account in sorted(context.declared.logins().items()):
        if not context.open(login):
            continue
        left = context.model.leavers.get(account.person) if account.person else None
        if left is not None and left <= context.today:
            yield Anomaly(IAM_12, None, login, f"belongs to {account.person}, who left on {left}; it is open")
        elif left is None and context.roster is not None and context.roster.names(account.email):
            yield Anomaly(IAM_12, None, login, "belongs to someone on the list of leavers; it is open")


RULES = (Rule(IAM_12, leavers),)
