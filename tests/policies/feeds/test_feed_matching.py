"""What is installed, joined with what the feeds know: backports, kernels, derivatives, and what is not known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.feeds import opened
from collectors import _dpkg, products
from hustings.errors import HustingsError
from hustings.facts import Missing, Reason
from policies.evaluate import Context, judge_all
from policies.feeds.importing import Wish, import_feed
from policies.feeds.matching import inventory, match
from policies.feeds.releases import Confidence, Place, System, places
from policies.feeds.store import Store
from policies.feeds.versions import Scheme, compare
from tests.policies.feeds.building import (
    NOW,
    PACK,
    UNSUPPORTED,
    derived,
    filled,
    items,
    known,
    machine,
    product,
    put,
    zipped,
)
from tests.policies.feeds.samples import (
    KEV,
    OSV,
    TRACKER,
    affected,
    fixed,
    issue,
    osv,
    resolved,
    still_open,
)

BASE = Path("/var/cache/hustings-scn/base/var/lib/dpkg/status")
LIBC = product("libc6", "2.36-9+deb12u1", "glibc")
SUDO = product("sudo", "1.9.5p2-2")
KERNEL = product("linux-image-6.1.0-13-amd64", "6.1.55-1", "linux-signed-amd64", upstream_version="6.1.55+1")
NEW_KERNEL = product("linux-image-6.1.0-40-amd64", "6.1.153-1", "linux-signed-amd64", upstream_version="6.1.153+1")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("store"))


def found(store: Path, *installed: dict[str, str], name: str = "fixable", **more: Any) -> set[tuple[str, str]]:
    return {(one["cve"], one["package"]) for one in items(derived(machine(*installed, **more), store), name)}


# -- a distribution's own fixed versions

def test_a_package_below_the_distributions_fix_has_the_vulnerability(store: Path) -> None:
    one, = items(derived(machine(LIBC), store), "fixable")
    assert one == {"cve": "CVE-2023-4911", "package": "glibc", "binary": "libc6", "installed": "2.36-9+deb12u1",
                   "fixed": "2.36-9+deb12u3", "confidence": "exact", "in_use": True, "known_exploited": True,
                   "due": "2023-12-12", "ransomware": False, "urgency": "not yet assigned", "source": "debian/bookworm"}


def test_a_backported_fix_counts_whatever_the_upstream_number_says(store: Path) -> None:
    assert found(store, product("libc6", "2.36-9+deb12u3", "glibc")) == set()
    assert found(store, product("libnghttp2-14", "1.52.0-1+deb12u1", "nghttp2")) == set()
    assert found(store, product("libnghttp2-14", "1.52.0-1", "nghttp2")) == {("CVE-2023-44487", "nghttp2")}


def test_the_version_of_the_source_package_is_compared(store: Path) -> None:
    rebuilt = product("libc6", "2.36-9+deb12u3+b1", "glibc", upstream_version="2.36-9+deb12u2")
    assert found(store, rebuilt) == {("CVE-2023-4911", "glibc")}


def test_a_release_is_only_judged_by_its_own_fixes(store: Path) -> None:
    bullseye = {"os__version": "11", "os__codename": "bullseye"}
    assert found(store, product("libc6", "2.31-13+deb11u7", "glibc"), **bullseye) == set()
    assert found(store, product("libc6", "2.31-13+deb11u6", "glibc"), **bullseye) == {("CVE-2023-4911", "glibc")}


def test_what_has_no_fix_is_counted_for_review_and_never_fixable(store: Path) -> None:
    facts = derived(machine(product("systemd", "252.39-1~deb12u1"), product("zlib1g", "1:1.2.13.dfsg-1", "zlib"),
                            product("php8.2-cli", "8.2.29-1~deb12u1", "php8.2"),
                            product("liblzma5", "5.4.1-1", "xz-utils")), store)
    assert items(facts, "fixable") == []
    assert (facts["vulnerabilities.fixable_count"].value, facts["vulnerabilities.review_count"].value) == (0, 3)
    assert items(facts, "known_exploited") == []


def test_a_known_exploited_one_without_a_fix_is_shown_for_review(store: Path) -> None:
    one, = items(derived(machine(product("varnish", "7.1.1-1.1")), store), "known_exploited")
    assert (one["confidence"], one["state"], "fixed" in one, one["due"]) == ("review", "postponed", False, "2023-10-31")


def test_known_exploited_ones_come_first_and_by_due_day(store: Path, tmp_path: Path) -> None:
    worse = {f"CVE-2026-{number:05}": issue(bookworm=resolved("9-1", "high")) for number in range(700)}
    many = TRACKER | {"aaa": worse}
    facts = derived(machine(product("aaa", "1-1"), LIBC, SUDO), filled(tmp_path, many))
    listing = facts["vulnerabilities.fixable"].listing
    assert listing is not None
    assert [one["cve"] for one in listing.items[:2]] == ["CVE-2021-3156", "CVE-2023-4911"]
    assert (len(listing.items), listing.complete, facts["vulnerabilities.fixable_count"].value) == (500, False, 702)
    exploited = facts["vulnerabilities.known_exploited"].listing
    assert exploited is not None
    assert (len(exploited.items), exploited.complete) == (2, True)


def test_packages_of_another_maker_are_for_review_and_not_covered(store: Path) -> None:
    facts = derived(machine(product("libnghttp2-14", "1.50.0-1.pgdg120+1", "nghttp2"),
                            product("libc6", "2.36-9~bpo12+1", "glibc"), product("firefox", "r4793", source="snap"),
                            product("org.x", "", source="flatpak")), store)
    assert items(facts, "fixable") == []
    assert {one["confidence"] for one in items(facts, "known_exploited")} == {"review"}
    assert facts["vulnerabilities.not_covered"].value == 4


# -- kernels

def test_the_running_kernel_decides_and_the_others_are_shown_as_not_in_use(store: Path) -> None:
    old = items(derived(machine(KERNEL, NEW_KERNEL, kernel__running="6.1.0-13-amd64"), store), "known_exploited")
    assert [(one["binary"], one["installed"], one["in_use"]) for one in old] == [
        ("linux-image-6.1.0-13-amd64", "6.1.55-1", True)]
    new = items(derived(machine(KERNEL, NEW_KERNEL, kernel__running="6.1.0-40-amd64"), store), "known_exploited")
    assert [(one["binary"], one["in_use"]) for one in new] == [("linux-image-6.1.0-13-amd64", False)]


def test_a_package_replaced_under_a_running_kernel_does_not_mend_it(store: Path) -> None:
    replaced = product("linux-image-6.1.0-13-amd64", "6.1.153-1", "linux-signed-amd64")
    facts = machine(replaced, kernel__running="6.1.0-13-amd64", kernel__running_version="6.1.55-1")
    one, = items(derived(facts, store), "known_exploited")
    assert (one["installed"], one["in_use"]) == ("6.1.55-1", True)


@pytest.mark.parametrize("running", [UNSUPPORTED, "6.12.0-custom"])
def test_of_several_kernels_none_known_to_run_it_is_not_known_which_counts(store: Path, running: Any) -> None:
    one, = items(derived(machine(KERNEL, NEW_KERNEL, kernel__running=running), store), "known_exploited")
    assert set(one["in_use"]) == {"reason", "detail"}
    only, = items(derived(machine(KERNEL, kernel__running=running), store), "known_exploited")
    assert only["in_use"] is True


def test_headers_and_tools_from_the_kernels_source_are_no_kernel(store: Path) -> None:
    built = [product("linux-libc-dev", "6.1.55-1", "linux"), product("bpftool", "7.1.0+6.1.55-1", "linux")]
    assert found(store, *built) == set()


def test_modules_of_an_old_kernel_are_no_kernel_either() -> None:
    parts = [product(f"linux-{part}-6.8.0-{build}-generic", f"6.8.0-{build}.{build}~22.04.1",
                     "linux-signed-hwe-6.8" if part == "image" else "linux-hwe-6.8")
             for part in ("image", "modules", "headers") for build in (40, 45)]
    mine, _ = inventory(parts, "6.8.0-45-generic")
    assert {(one.name, one.version, one.in_use) for one in mine[Scheme.DEB]} == {
        ("linux-hwe-6.8", "6.8.0-40.40~22.04.1", False), ("linux-hwe-6.8", "6.8.0-45.45~22.04.1", True)}


@pytest.mark.parametrize(("name", "version", "source", "running"), [
    ("kernel-core", "5.14.0-427.13.1.el9_4", "kernel", "5.14.0-427.13.1.el9_4.x86_64"),
    ("kernel-default", "6.4.0-150600.23.25.1", "kernel-default", "6.4.0-150600.23.25-default")])
def test_kernels_of_rpm_systems_are_known_by_the_running_release(name: str, version: str, source: str,
                                                                 running: str) -> None:
    other = product(name, "4.0.0-1", source, source="rpm")
    mine, _ = inventory([product(name, version, source, source="rpm"), other], running)
    assert {one.version: one.in_use for one in mine[Scheme.RPM]} == {version: True, "4.0.0-1": False}


# -- which part of the feeds speaks of a system

@pytest.mark.parametrize(("system", "space", "confidence"), [
    (System("debian", "12", "bookworm"), "debian/bookworm", "exact"),
    (System("debian", "12", "bookworm"), "Debian:12", "exact"),
    (System("debian", "12", "bookworm"), "debian/bullseye", None),
    (System("debian", "", "trixie"), "debian/trixie", "exact"),
    (System("ubuntu", "22.04", "jammy"), "Ubuntu:22.04:LTS", "exact"),
    (System("ubuntu", "22.04", "jammy"), "Ubuntu:Pro:22.04:LTS", "exact"),
    (System("ubuntu", "22.04", "jammy"), "Ubuntu:24.04:LTS", None),
    (System("linuxmint", "21.3", "virginia", "jammy"), "Ubuntu:22.04:LTS", "likely"),
    (System("linuxmint", "6", "faye", "bookworm"), "debian/bookworm", "likely"),
    (System("raspbian", "12", "bookworm"), "debian/bookworm", "likely"),
    (System("alpine", "3.18.4", ""), "Alpine:v3.18", "exact"),
    (System("rocky", "9.3", ""), "Rocky Linux:9", "exact"),
    (System("almalinux", "9.3", ""), "AlmaLinux:9", "exact"),
    (System("rhel", "9.3", ""), "Red Hat:enterprise_linux:9::baseos", "exact"),
    (System("centos", "9", ""), "Rocky Linux:9", "likely"),
    (System("sles", "15.5", ""), "SUSE:Linux Enterprise Module for Basesystem 15 SP5", "exact"),
    (System("opensuse-leap", "15.6", ""), "openSUSE:Leap 15.6", "exact"),
    (System("arch", "", ""), "debian/sid", None),
])
def test_the_parts_that_speak_of_a_system(system: System, space: str, confidence: str | None) -> None:
    codenames = {"jammy": "22.04", "bookworm": "12"}
    assert [one.confidence for one in places(system, [space], codenames)] == ([confidence] if confidence else [])


def test_a_derivative_is_judged_by_its_base_with_less_confidence(tmp_path: Path) -> None:
    store = tmp_path / "feeds.db"
    import_feed([zipped(tmp_path)], store, Wish(whole=True), NOW)
    mint = {"os__id": "linuxmint", "os__version": "21.3", "os__codename": "virginia", "os__base_codename": "jammy"}
    one, = items(derived(machine(product("libc6", "2.35-0ubuntu3.1", "glibc"), **mint), store), "fixable")
    assert (one["confidence"], one["fixed"], one["urgency"]) == ("likely", "2.35-0ubuntu3.4", "high")


@pytest.mark.parametrize(("system", "installed"), [
    ({"os__id": "rocky", "os__version": "9.3", "os__codename": None},
     product("glibc-common", "2.34-60.el9", "glibc", source="rpm")),
    ({"os__id": "debian"}, product("libc6", "2.36-9+deb12u1", "glibc"))])
def test_osv_records_are_matched_on_their_own_distribution(tmp_path: Path, system: dict[str, Any],
                                                           installed: dict[str, str]) -> None:
    store = tmp_path / "feeds.db"
    import_feed([zipped(tmp_path)], store, Wish(whole=True), NOW)
    assert ("CVE-2023-4911", "glibc") in found(store, installed, **system)


def test_a_fix_of_one_module_stream_says_nothing_of_another(tmp_path: Path) -> None:
    record = osv("RLSA-2024:1", affected("Rocky Linux:9", "nodejs", *fixed("1:20.11.1-1.module+el9.3.0+1+a")),
                 upstream=["CVE-2024-21892"])
    store = tmp_path / "feeds.db"
    import_feed([zipped(tmp_path, [record])], store, Wish(whole=True), NOW)
    facts = derived(machine(product("nodejs", "1:18.19.0-1.module+el9.3.0+1+a", source="rpm"), os__id="rocky",
                            os__version="9.3", os__codename=None), store)
    assert items(facts, "fixable") == []
    assert facts["vulnerabilities.review_count"].value == 1


def test_a_range_that_begins_later_spares_older_versions(tmp_path: Path) -> None:
    record = osv("CVE-2026-11111", affected("Debian:12", "x", *fixed("2.5-1", "2.0-1")))
    store = tmp_path / "feeds.db"
    import_feed([zipped(tmp_path, [record])], store, Wish(whole=True), NOW)
    assert [bool(found(store, product("x", version))) for version in ("1.9-1", "2.0-1", "2.4-9", "2.5-1")] == [
        False, True, True, False]


# -- what is not known

NOTHING = Missing(Reason.ERROR, "no feed")


def reasons(facts: dict[str, Any]) -> dict[str, str | None]:
    return {name.partition(".")[2]: str(seen.missing.reason) if seen.missing else None for name, seen in facts.items()}


def test_without_a_feed_everything_is_a_reason_that_names_the_remedy() -> None:
    facts = derived(machine(LIBC), None)
    assert set(reasons(facts).values()) == {"error"}
    assert all("hustings feeds import" in str(seen.missing) for seen in facts.values())
    assert set(reasons(derived(machine(LIBC), NOTHING)).values()) == {"error"}


def test_without_the_catalogue_what_is_exploited_is_not_known(tmp_path: Path) -> None:
    said = reasons(derived(machine(LIBC), filled(tmp_path, kev=None)))
    assert (said["known_exploited"], said["exploited_as_of"], said["fixable"]) == ("error", "error", None)


def test_without_data_of_the_distribution_nothing_is_known_but_the_catalogues_age(tmp_path: Path) -> None:
    said = reasons(derived(machine(LIBC), filled(tmp_path, tracker=None)))
    assert (said["known_exploited"], said["fixable"], said["data_as_of"]) == ("unsupported",) * 3
    assert (said["exploited_as_of"], said["feeds"]) == (None, None)


@pytest.mark.parametrize("system", [{"os__codename": "forky", "os__version": "14"}, {"os__id": "arch"}])
def test_a_release_no_feed_speaks_of_is_not_known(store: Path, system: dict[str, Any]) -> None:
    facts = derived(machine(LIBC, **system), store)
    assert facts["vulnerabilities.fixable"].missing is not None
    assert facts["vulnerabilities.known_exploited"].missing is not None


def test_an_inventory_that_is_not_whole_decides_only_against(store: Path) -> None:
    facts = machine(LIBC)
    listing = facts["products.installed"].listing
    assert listing is not None
    part = type(listing)(listing.items, False, Missing(Reason.TRUNCATED, "x"))
    seen = derived(facts | {"products.installed": type(facts["products.installed"])(listing=part, as_of=NOW)}, store)
    assert seen["vulnerabilities.known_exploited"].listing is not None
    assert not seen["vulnerabilities.known_exploited"].listing.complete
    assert seen["vulnerabilities.fixable_count"].missing is not None
    denied = derived(facts | {"products.installed": known(Missing(Reason.DENIED, "x"))}, store)
    assert reasons(denied)["fixable"] == "denied"


def test_single_records_never_say_that_the_rest_is_fine(tmp_path: Path) -> None:
    store = tmp_path / "feeds.db"
    put(tmp_path, store, OSV[0], whole=False)
    put(tmp_path, store, KEV, "kev.json")
    facts = derived(machine(product("libc6", "2.36-9+deb12u13", "glibc")), store)
    for name in ("fixable", "known_exploited"):
        listing = facts[f"vulnerabilities.{name}"].listing
        assert listing is not None
        assert (listing.items, listing.complete) == ([], False)
    assert len(items(derived(machine(LIBC), store), "known_exploited")) == 1


def test_a_damaged_store_is_a_reason(tmp_path: Path) -> None:
    store = filled(tmp_path)
    whole = store.read_bytes()
    store.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    facts = derived(machine(LIBC), store)
    assert set(reasons(facts).values()) == {"error"}
    assert all("feeds.db" in str(one.missing) for one in facts.values())
    with opened(store) as named:
        assert isinstance(named, Store)
    store.write_bytes(whole[:100])
    with pytest.raises(HustingsError, match="not a store"), opened(store):
        pass


def test_the_real_packages_of_a_debian_are_matched(store: Path, tmp_path: Path) -> None:
    if not BASE.exists():
        pytest.skip("the disposable Debian root is not built on this machine")
    real = products.from_dpkg(_dpkg.parse(BASE.read_text(encoding="utf-8")))
    assert found(store, *real, name="known_exploited") == set()
    mine = {one["upstream"]: one.get("upstream_version", one["version"]) for one in real}
    tomorrow = {source: {"CVE-2021-3156": issue(bookworm=resolved(f"{version}+deb12u99"))}
                for source, version in mine.items()}
    assert {package for _, package in found(filled(tmp_path, tomorrow), *real, name="known_exploited")} == set(mine)


# -- properties

VERSIONS = st.from_regex(r"\A[1-3](?:\.[0-9]){0,2}-[1-3](?:\+deb12u[1-9])?\Z")
WAYS = st.one_of(VERSIONS.map(resolved), st.just(resolved("0")), st.just(still_open()),
                 st.just({"status": "undetermined", "urgency": ""}))
SLOW = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOW
@given(st.lists(VERSIONS, min_size=1, max_size=6), VERSIONS)
def test_at_or_above_the_fix_nothing_matches_and_below_it_always_does(tmp_path: Path, fixes: list[str],
                                                                      installed: str) -> None:
    tracker = {"x": {f"CVE-2026-{number:05}": issue(bookworm=resolved(one)) for number, one in enumerate(fixes)}}
    store = filled(tmp_path, tracker, kev=None) if not (tmp_path / "feeds.db").exists() else tmp_path / "feeds.db"
    put(tmp_path, store, tracker, smaller=True)
    wanted = {f"CVE-2026-{number:05}" for number, one in enumerate(fixes) if compare(Scheme.DEB, installed, one) < 0}
    with Store(store) as looked_up:
        mine, _ = inventory([product("x", installed)], None)
        got = match(looked_up, [Place("debian/bookworm", Scheme.DEB, Confidence.EXACT)], mine)
    assert {one.cve for one in got} == wanted


RANK = {"fail": 0, "unknown": 1, "pass": 2}


@SLOW
@given(st.dictionaries(st.sampled_from(["CVE-2021-3156", "CVE-2026-00001"]), WAYS, min_size=1), VERSIONS,
       st.sampled_from(["no catalogue", "no tracker", "no release", "no fixed versions", "single records", "no feed"]))
def test_knowing_less_never_improves_a_verdict(tmp_path: Path, issues: dict[str, Any], installed: str,
                                               lost: str) -> None:
    tracker = {"x": {cve: issue(bookworm=said, trixie=said) for cve, said in issues.items()},
               "y": {"CVE-2026-1": issue(bookworm=resolved("1-1"))}}
    more = verdicts(tmp_path, tracker, KEV, installed)
    less: Any
    match lost:
        case "no catalogue":
            less = verdicts(tmp_path, tracker, None, installed)
        case "no tracker":
            less = verdicts(tmp_path, None, KEV, installed)
        case "no release":
            less = verdicts(tmp_path, {"x": {"CVE-2026-1": issue(trixie=resolved("1-1"))}}, KEV, installed)
        case "no fixed versions":
            blind = {cve: issue(bookworm=still_open() if one.get("fixed_version", "0") != "0" else one)
                     for cve, one in issues.items()}
            less = verdicts(tmp_path, tracker | {"x": blind}, KEV, installed)
            less |= {"patching/no-fixed-vulnerabilities": "fail"}  # it speaks of published fixes alone
        case "single records":
            records = [osv("CVE-2026-2", affected("Debian:12", "y", *fixed("1-1")))]
            less = verdicts(tmp_path, records, KEV, installed)
        case _:
            less = verdicts(tmp_path, None, None, installed)
    assert all(RANK[less[check]] <= max(RANK[more[check]], RANK["unknown"]) for check in more)


def verdicts(place: Path, tracker: Any, kev: Any, installed: str) -> dict[str, str]:
    """What the two checks say of a machine with the package x, by these feeds."""
    store = place / f"store-{len(list(place.iterdir()))}.db"
    if isinstance(tracker, list):
        put(place, store, tracker[0], as_of=None, whole=False)
    elif tracker is not None:
        put(place, store, tracker)
    if kev is not None:
        put(place, store, kev, "kev.json")
    facts = derived(machine(product("x", installed), product("y", "1-1")), store if store.exists() else None)
    context = Context(now=NOW, roles=(), voting_days=(), overrides={}, declared={}, clock_ok=True)
    only = ("patching/no-known-exploited", "patching/no-fixed-vulnerabilities")
    return {one.check: str(one.verdict) for one in judge_all(PACK, facts, context, only=only)}
