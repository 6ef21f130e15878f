"""A fix is chosen for the directory that a machine reads, else for its own system."""

from __future__ import annotations

import pytest

from hustings.declared import TENANTS
from hustings.facts import Facts, Missing, Observation, Reason
from policies.fixes import best_fix, directory_of, platforms
from policies.pack import shipped

PACK = shipped()
OTHERS = {"entra": ("Google", "Active Directory Users"), "google": ("Microsoft", "Active Directory Users"),
          "active-directory": ("Microsoft Entra", "Google"), "ldap": ()}


def kinds(*said: str) -> Facts:
    return {f"directory.kind@t{number}": Observation(value=one) for number, one in enumerate(said)}


@pytest.mark.parametrize("kind", TENANTS)
def test_where_a_check_knows_the_directory_it_names_no_other(kind: str) -> None:
    assert directory_of(kinds(kind)) == kind
    written = 0
    for check in PACK.checks:
        fix = best_fix(check, platforms("linux", "debian", kind)) if check.each == "tenant" else None
        if fix is not None and fix.platform == kind:
            written += 1
            assert not [name for name in OTHERS[kind] for text in (fix.text.en, fix.text.fr) if name in text], check.id
    assert written


def test_two_kinds_or_none_take_what_is_written_for_all() -> None:
    assert directory_of(kinds("entra", "google")) == directory_of({}) == ""
    assert directory_of(kinds("google", "google")) == "google"
    assert directory_of({"directory.kind@t": Observation(missing=Missing(Reason.DENIED))}) == ""
    check = PACK.check("identity/directory-people-mfa")
    assert check is not None
    fix = best_fix(check, platforms("windows", "", ""))
    assert fix is not None
    assert fix.platform == "any"


def test_a_fix_for_a_machine_is_not_changed_by_the_directory_it_reads() -> None:
    for check in PACK.checks:
        if check.each != "tenant":
            assert best_fix(check, platforms("linux", "debian", "entra")) == best_fix(
                check, platforms("linux", "debian"))
