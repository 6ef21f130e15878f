"""The page on effective MFA says what the code's own lists of reasons say."""

from __future__ import annotations

from policies.directory.entra_mfa import LEGACY_WHY, UNDECIDED_BY
from tests.docs.documents import ROOT

PAGE = (ROOT / "docs" / "effective-mfa.md").read_text(encoding="utf-8")


def test_the_reasons_are_those_of_the_code():
    tables = [part.partition("\n\n")[0].splitlines()[2:] for part in PAGE.split("\n| `why` | Means |")[1:]]
    assert [[tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table] for table in tables] == [
        [(f"`{name}`", meaning) for name, meaning in reasons.items()] for reasons in (LEGACY_WHY, UNDECIDED_BY)]
