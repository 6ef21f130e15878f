"""The page on Google Workspace says what the code's one table of scopes says."""

from __future__ import annotations

from hustings.directory.google_sections import INTERFACES, SECTIONS
from policies.directory.google_admins import REGULAR
from tests.docs.documents import ROOT

PAGE = (ROOT / "docs" / "google-workspace.md").read_text(encoding="utf-8")


def rows(heading: str, number: int) -> list[list[str]]:
    part = PAGE.split(f"\n| {heading} |")[1 + number].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in part.splitlines()[2:]]


def test_the_scopes_are_those_of_the_code_with_what_each_opens():
    for number, optional in enumerate((False, True)):
        assert rows("Scope", number) == [
            [f"`{one.scope.removeprefix('https://www.googleapis.com/auth/')}`", one.what, f"`{one.name}`"]
            for one in SECTIONS if one.optional is optional]


def test_the_interfaces_and_the_times_are_those_of_the_code():
    assert all(one in PAGE for one in INTERFACES.values())
    assert f"within {REGULAR.days} days" in PAGE.replace("\n  ", " ")
