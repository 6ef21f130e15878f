"""Acts that need two people: one asks, another approves, and only then is it done.

The rules, all of them:

- Nothing is done when it is asked for. It waits, for a number of days that the action names; then it is too old.
- Who asked cannot approve; they can withdraw. The second is another person who is signed in, with a role that the
  action names: an official, an administrator, or an outside reviewer whose engagement covers it.
- The console proposes and refuses, and never approves: whoever is at it may be the very person who asked.
- Approving does it, in the same transaction, after everything was checked again: it is done whole or not at all.
  It is decided once; of two approvals at the same moment one does it and the other is told that it is done.
- With one account it waits, and the page says whom to add.
"""

from server.two_people.acting import NotTaken, Refusal, decide, propose, refusal, withdraw
from server.two_people.model import Action, Actor, Decision, Proposal, State, Word

__all__ = ["Action", "Actor", "Decision", "NotTaken", "Proposal", "Refusal", "State", "Word", "decide",
           "propose", "refusal", "withdraw"]
