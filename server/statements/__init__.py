"""The right of reply: what the office and named vendors say of a finding.

A statement is attached to a finding by its number, is never edited, and goes wherever the finding goes.
"""

from server.store.statements import Statement, every, of

__all__ = ["Statement", "every", "of"]
