"""The page on Entra says what the code's one list of permissions says."""

from __future__ import annotations

from collectors._entra_permissions import INTUNE, LICENSED, P1, P2, PERMISSIONS, opened_by
from collectors.graph_sign_in import place
from hustings.declared import Tenant
from tests.docs.documents import ROOT

PAGE = (ROOT / "docs" / "entra.md").read_text(encoding="utf-8")


def rows(heading: str, number: int = 0) -> list[list[str]]:
    """Of a table whose first column is called so (the first, the second …)."""
    part = PAGE.split(f"\n| {heading} |")[1 + number].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in part.splitlines()[2:]]


def test_the_permissions_are_those_of_the_code_with_what_each_opens():
    needed = [one for one in PERMISSIONS if not one.optional]
    assert rows("Permission") == [
        [f"`{one.name}`", one.reads, ", ".join(f"`{section}`" for section in opened_by(one.name))] for one in needed]
    assert rows("Permission", 1) == [
        [f"`{one.name}`", one.reads, one.optional] for one in PERMISSIONS if one.optional]


def test_the_licences_are_those_of_the_code():
    assert [row[0] for row in rows("Licence")] == [P1, P2, INTUNE]
    assert set(LICENSED.values()) == {P1, P2, INTUNE}


def test_the_clouds_are_those_of_the_code():
    for cloud, signs_in, asks in rows("`cloud`"):
        name = cloud.strip("`").replace("(empty)", "")
        where = place(Tenant(name="t", kind="entra", id="office.example", cloud=name))
        assert f"https://{signs_in.strip('`')}" == where.authority
        assert f"https://{asks.strip('`')}" == where.graph
