"""A refusal that is said in the reader's language: on a page in theirs, at the console in English."""

from __future__ import annotations

from collections.abc import Mapping

from hustings.errors import UsageError
from server.pages.language import language


class Spoken(UsageError):
    """What is wrong and how to mend it: texts marked with ``N_`` where they are written, filled with ``values``.

    ``field`` names the field of a form it is about; empty for the request as a whole.
    """

    def __init__(self, wrong: str, mend: str, values: Mapping[str, object] | None = None, *, field: str = "",
                 where: str = "") -> None:
        self.wrong = wrong
        self.mend = mend
        self.values = {name: str(value) for name, value in (values or {}).items()}
        self.field = field
        super().__init__(wrong % self.values, where=where or field, remedy=mend % self.values)

    def said(self, code: str) -> tuple[str, str]:
        """What is wrong and how to mend it, in a language."""
        say = language(code).say
        return say(self.wrong) % self.values, say(self.mend) % self.values
