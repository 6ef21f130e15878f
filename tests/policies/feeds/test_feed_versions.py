"""Versions are ordered as the package managers order them: their own vectors, and the tools themselves."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.feeds.versions import NotComparable, Scheme, compare, newest_first

# dpkg's manual (deb-version) and test-suite, rpm's rpmvercmp.at, apk's documented order of suffixes
OLDER_FIRST = {
    Scheme.DEB: [("1.0~rc1-1", "1.0-1"), ("1.0-1", "1.0-1+deb12u1"), ("1.0-1+deb12u1", "1.0-1+deb12u2"),
                 ("1.0-1+deb12u9", "1.0-1+deb12u10"), ("2.0-1", "1:1.0-1"), ("1.2.3~bpo12+1", "1.2.3"),
                 ("1.0", "1.0a"), ("1.0a", "1.0+"),
                 ("0~~", "0~~a"), ("0~~a", "0~"), ("0~", "0"), ("6.1.9-1", "6.1.76-1"),
                 ("1.9.5p2-2", "1.9.5p2-3"), ("2.36-9+deb12u2", "2.36-9+deb12u3"), ("0:0-0", "0:0-00a")],
    Scheme.RPM: [("1.0", "2.0"), ("2.0", "2.0.1"), ("2.0.1", "2.0.1a"), ("5.5p1", "5.5p2"), ("5.5p1", "5.5p10"),
                 ("10xyz", "10.1xyz"), ("xyz10", "xyz10.1"), ("xyz.4", "8"), ("xyz.4", "2"), ("5.5p2", "5.6p1"),
                 ("5.6p1", "6.5p1"), ("6.0", "6.0.rc1"), ("10a1", "10b2"), ("1.0~rc1", "1.0"), ("1.0~rc1", "1.0~rc2"),
                 ("1.0~rc1~git123", "1.0~rc1"), ("1.0", "1.0^"), ("1.0^git1", "1.01"), ("1.0^git1", "1.0^git2"),
                 ("1.0~rc1^git1", "1.0"), ("9:1-1", "10:0-1"), ("2.34-60.el9", "2.34-60.el9_2.7")],
    Scheme.APK: [("1.0_alpha", "1.0_beta"), ("1.0_beta", "1.0_pre"), ("1.0_pre", "1.0_rc"), ("1.0_rc", "1.0"),
                 ("1.0", "1.0_p1"), ("1.0_p1", "1.0_p2"), ("1.0-r1", "1.0-r2"), ("1.0-r9", "1.0-r10"), ("1.0", "1.0a"),
                 ("1.9", "1.10"), ("0.1.0_alpha", "2.34"), ("0.1.0_alpha", "0.1.3_alpha"), ("1.0.4-r3", "2.2.39-r1"),
                 ("3.1.3-r9", "3.1.4-r0"), ("0.1.0_alpha", "0.1.0_alpha2")],
}
EVERY = [(scheme, *pair) for scheme, pairs in OLDER_FIRST.items() for pair in pairs]


@pytest.mark.parametrize(("scheme", "older", "newer"), EVERY)
def test_the_older_one_comes_first(scheme: Scheme, older: str, newer: str) -> None:
    assert (compare(scheme, older, newer), compare(scheme, newer, older), compare(scheme, older, older)) == (-1, 1, 0)


def test_what_is_written_differently_may_be_the_same() -> None:
    assert compare(Scheme.DEB, "0:1.0-1", "1.0-1") == 0
    assert compare(Scheme.RPM, "2_0", "2.0") == 0
    assert compare(Scheme.RPM, "0:2.34-60.el9", "2.34") == 0


@pytest.mark.parametrize(("scheme", "odd"), [
    (Scheme.DEB, ""), (Scheme.DEB, "undetermined"), (Scheme.DEB, "1.0-"), (Scheme.DEB, "<unfixed>"),
    (Scheme.DEB, "1 0"), (Scheme.RPM, ""), (Scheme.RPM, "x:1-1"), (Scheme.RPM, "1-2-3"),
    (Scheme.APK, "1.0_git2023"), (Scheme.APK, "0x1"),
    (Scheme.APK, "1.0-1"), (Scheme.APK, "")])
def test_what_is_no_version_is_not_compared(scheme: Scheme, odd: str) -> None:
    with pytest.raises(NotComparable):
        compare(scheme, odd, odd)
    with pytest.raises(NotComparable):
        compare(scheme, "1", odd)
    assert newest_first(scheme, ["1", odd, "2"]) == (["2", "1"], [odd])


DEBIAN = st.from_regex(r"\A(?:[01]:)?[0-9](?:[0-9ab.+~]|-(?=[0-9a~])){0,7}\Z")


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="this machine has no dpkg to ask")
@settings(max_examples=60, deadline=None)
@given(DEBIAN, DEBIAN)
def test_dpkg_agrees(one: str, other: str) -> None:
    word = {-1: "lt", 0: "eq", 1: "gt"}[compare(Scheme.DEB, one, other)]
    assert subprocess.run(["dpkg", "--compare-versions", one, word, other], check=False).returncode == 0


@pytest.mark.skipif(shutil.which("rpm") is None, reason="this machine has no rpm to ask")
@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(*[st.from_regex(r"\A[0-9ab][0-9ab.+~^]{0,6}\Z")] * 2), min_size=1, max_size=20))
def test_rpm_agrees(pairs: list[tuple[str, str]]) -> None:
    asked = " ".join(f'print(rpm.vercmp("{one}", "{other}"))' for one, other in pairs)
    said = subprocess.run(["rpm", "--eval", f"%{{lua: {asked}}}"], capture_output=True, text=True, check=True).stdout
    assert [compare(Scheme.RPM, one, other) for one, other in pairs] == [int(one) for one in re.findall("-?[01]", said)]


@given(st.lists(DEBIAN, max_size=8))
def test_sorting_puts_the_newest_first(versions: list[str]) -> None:
    fine, odd = newest_first(Scheme.DEB, versions)
    assert sorted([*fine, *odd]) == sorted(versions)
    assert all(compare(Scheme.DEB, one, other) >= 0 for one, other in pairwise(fine))


@pytest.mark.parametrize("scheme", list(Scheme))
def test_a_version_longer_than_any_real_one_is_not_compared(scheme):
    long = "9" * 1_000_000
    with pytest.raises(NotComparable):
        compare(scheme, "1", long)
    assert newest_first(scheme, ["1", long]) == (["1"], [long])
