"""Look-ups in the shipped table of support dates."""

from __future__ import annotations

from datetime import date

import pytest

from hustings.errors import PolicyError
from policies.lifecycle import FREE, End, Kind, Match, Period, Table, Unmatched, Why, latest, numeric
from policies.loader import load_tables
from policies.pack import HERE
from policies.support import of_database, of_package

TABLE = Table.of(load_tables(HERE / "tables"))


def ends(found: Match | Unmatched) -> dict[str, str]:
    assert isinstance(found, Match), found
    return {str(one.kind): str(one.ends or one.end) for one in found.cycle.periods}


def why(found: Match | Unmatched) -> Why:
    assert isinstance(found, Unmatched), found
    return found.why


@pytest.mark.parametrize(("product", "version", "edition", "expected"), [
    ("windows", "10.0.19045", "Professional", {"vendor": "2025-10-14", "paid": "2028-10-10"}),
    ("windows", "10.0.26100", "Professional", {"vendor": "2026-10-13"}),
    ("windows", "10.0.26100.2314", "Core", {"vendor": "2026-10-13"}),
    ("windows", "10.0.26100", "Enterprise", {"vendor": "2027-10-12"}),
    ("windows", "10.0.26100", "EnterpriseS", {"vendor": "2029-10-09"}),
    ("windows", "10.0.22631", "Enterprise", {"vendor": "2026-11-10"}),
    ("windows", "10.0.14393", "EnterpriseS", {"vendor": "2026-10-13"}),
    ("windows", "10.0.17763", "EnterpriseS", {"vendor": "2029-01-09"}),
    ("windows", "10.0.19044", "EnterpriseS", {"vendor": "2027-01-12"}),
    ("windows", "10.0.19044", "IoTEnterpriseS", {"vendor": "2032-01-13"}),
    ("windows-server", "10.0.14393", "ServerStandard", {"vendor": "2027-01-12", "paid": "2030-01-12"}),
    ("windows-server", "10.0.17763", "ServerStandard", {"vendor": "2029-01-09"}),
    ("windows-server", "6.3.9600", "ServerStandard", {"vendor": "2023-10-10", "paid": "2026-10-13"}),
    ("mssqlserver", "13.0.6300.2", "", {"vendor": "2026-07-14", "paid": "2029-07-17"}),
    ("mssqlserver", "13.0.4001.0", "", {"vendor": "2019-07-09"}),
    ("mssqlserver", "14.0.3540.1", "", {"vendor": "2027-10-12"}),
    ("mssqlserver", "15.0.4480.2", "", {"vendor": "2030-01-08"}),
    ("postgresql", "14.24", "", {"vendor": "2026-11-12"}),
    ("postgresql", "15.18", "", {"vendor": "2027-11-11"}),
    ("postgresql", "16.15", "", {"vendor": "2028-11-09"}),
    ("postgresql", "9.6.24", "", {"vendor": "2021-11-11"}),
    ("mysql", "8.0.40", "", {"vendor": "2026-04-30"}),
    ("mysql", "8.4.11", "", {"vendor": "2032-04-30"}),
    ("oracle-database", "19.24.0", "", {"vendor": "2029-12-31", "paid": "2032-12-31"}),
    ("rhel", "8.10", "", {"vendor": "2029-05-31", "paid": "2033-05-31"}),
    ("rhel", "9.4", "", {"vendor": "2032-05-31", "paid": "2036-05-31"}),
    ("ubuntu", "20.04", "", {"vendor": "2025-05-31", "paid": "2030-04-02"}),
    ("ubuntu", "22.04", "", {"vendor": "2027-04-01", "paid": "2032-04-09"}),
    ("ubuntu", "24.04", "", {"vendor": "2029-05-31", "paid": "2036-05-31"}),
    ("debian", "10", "", {"vendor": "2022-09-10", "lts": "2024-06-30"}),
    ("debian", "11", "", {"vendor": "2024-08-14", "lts": "2026-08-31"}),
    ("debian", "12.5", "", {"vendor": "2026-07-11", "lts": "2028-06-30"}),
    ("openssl", "1.1.1w", "", {"vendor": "2023-09-11", "paid": "open"}),
    ("macos", "15.7.9", "", {"vendor": "open"}),
    ("macos", "10.15.7", "", {"vendor": "2026-02-02"}),
    ("msexchange", "15.2.1544.36", "", {"vendor": "2025-10-14", "paid": "2026-11-01"}),
    ("msexchange", "15.2.2562.46", "", {"vendor": "open"}),
    ("sharepoint", "16.0.10417.20198", "", {"vendor": "2026-07-14"}),
    ("office", "2021", "", {"vendor": "2026-10-13"}),
    ("dotnetfx", "4.6.2", "", {"vendor": "2027-01-12"}),
])
def test_the_table_agrees_with_the_catalogue(
        product: str, version: str, edition: str, expected: dict[str, str]) -> None:
    assert ends(TABLE.cycle(product, version, edition)) == expected


def test_one_windows_build_without_its_edition_has_no_answer() -> None:
    assert why(TABLE.cycle("windows", "10.0.26100")) is Why.EDITION


def test_an_edition_the_rules_do_not_place_has_no_answer() -> None:
    assert why(TABLE.cycle("windows", "10.0.26100", "SomethingNew")) is Why.EDITION


def test_an_edition_is_not_needed_where_all_end_on_one_day() -> None:
    assert ends(TABLE.cycle("windows", "10.0.19045")) == {"vendor": "2025-10-14", "paid": "2028-10-10"}


@pytest.mark.parametrize(("product", "version", "expected"), [
    ("no-such-product", "1", Why.PRODUCT), ("debian", "", Why.VERSION), ("debian", "trixie/sid", Why.VERSION),
    ("debian", "99", Why.CYCLE), ("postgresql", "19.0", Why.CYCLE), ("windows", "10.0.99999", Why.CYCLE),
    ("chrome", "156.0.8078.79", Why.CYCLE), ("openssh", "9.2p1", Why.CYCLE), ("ubuntu", "22", Why.CYCLE),
])
def test_what_the_table_does_not_know_is_a_reason(product: str, version: str, expected: Why) -> None:
    assert why(TABLE.cycle(product, version)) is expected


@pytest.mark.parametrize(("system", "version", "name", "title"), [
    ("debian", "12", "Debian GNU/Linux 12 (bookworm)", "Debian 12 (Bookworm)"),
    ("centos", "8", "CentOS Linux 8", "CentOS 8"),
    ("centos", "8", "CentOS Stream 8", "CentOS Stream 8"),
    ("sles", "15.7", "", "SUSE Linux Enterprise Server 15.7"),
    ("sles", "15", "", "SUSE Linux Enterprise Server 15.0"),
    ("almalinux", "9.4", "", "AlmaLinux OS 9"),
    ("ol", "8.10", "", "Oracle Linux 8"),
    ("amzn", "2023", "", "Amazon Linux 2023"),
])
def test_systems_are_recognised_by_the_id_they_give_themselves(
        system: str, version: str, name: str, title: str) -> None:
    found = TABLE.system(system, version, name=name)
    assert isinstance(found, Match)
    assert found.title == title


def test_a_system_nobody_declared_is_a_reason() -> None:
    assert why(TABLE.system("plan9", "4", name="Plan 9")) is Why.PRODUCT


@pytest.mark.parametrize(("source", "name", "version", "title", "maker"), [
    ("dpkg", "postgresql-15", "15.18-0+deb12u1", "PostgreSQL 15", "distribution"),
    ("dpkg", "postgresql-16", "16.4-1.pgdg120+1", "PostgreSQL 16", "vendor"),
    ("rpm", "postgresql16-server", "16.4-1PGDG.rhel9", "PostgreSQL 16", "vendor"),
    ("rpm", "postgresql96-server", "9.6.24-1PGDG.rhel7", "PostgreSQL 9.6", "vendor"),
    ("rpm", "postgresql-server", "13.14-1.el9", "PostgreSQL 13", "stream"),
    ("dpkg", "nodejs", "20.20.2-1nodesource1+repack1", "Node.js 20", "vendor"),
    ("dpkg", "nodejs", "18.19.0+dfsg-6~deb12u2", "Node.js 18", "distribution"),
    ("dpkg", "openssl", "3.0.19-1~deb12u2", "OpenSSL 3.0", "distribution"),
    ("dpkg", "libssl3", "3.0.19-1~deb12u2", "OpenSSL 3.0", "distribution"),
    ("dpkg", "python3.11-minimal", "3.11.2-6+deb12u6", "Python 3.11", "distribution"),
    ("dpkg", "php8.3-common", "8.3.14-1+0~20241127.49+debian12~1.gbpfa8a17+deb.sury.org", "PHP 8.3", "vendor"),
    ("rpm", "java-1.8.0-openjdk-headless", "1.8.0.432.b06-3.el8", "Red Hat build of OpenJDK 8 (1.8)", "vendor"),
    ("dpkg", "tomcat10", "10.1.6-1+deb12u2", "Apache Tomcat 10.1", "distribution"),
    ("dpkg", "mariadb-server", "1:10.11.6-0+deb12u1", "MariaDB 10.11", "distribution"),
    ("dpkg", "mariadb-server", "1:11.4.4+maria~deb12", "MariaDB 11.4", "vendor"),
    ("dpkg", "docker-ce", "5:27.5.1-1~debian.12~bookworm", "Docker Engine 27", "vendor"),
])
def test_packages_are_recognised_with_their_release_line_and_who_mends_them(
        source: str, name: str, version: str, title: str, maker: str) -> None:
    found = TABLE.package(source, name, version)
    assert found is not None
    assert isinstance(found.cycle, Match), found.cycle
    assert (found.cycle.title, str(found.maintained_by)) == (title, maker)


@pytest.mark.parametrize("name", ["libc6", "postgresql-common", "postgresql-client-15", "python3-minimal",
                                  "php-common"])
def test_packages_that_are_no_product_are_left_alone(name: str) -> None:
    assert TABLE.package("dpkg", name, "15+248+deb12u1") is None


def support(source: str, name: str, version: str, system: tuple[str, str] = ("debian", "12"),
            at: date = date(2026, 11, 22)) -> tuple[str | None, str]:
    package = TABLE.package(source, name, version)
    assert package is not None
    found = of_package(package, name, version, system[0], TABLE.system(*system), at)
    return (f"{found.period.kind} {found.period.ends or found.period.end}" if found.period else None), found.why


def test_a_distributions_package_lives_as_long_as_its_release_and_not_as_upstream() -> None:
    assert support("dpkg", "openssl", "3.0.19-1~deb12u2") == ("lts 2028-06-30", "")
    package = TABLE.package("dpkg", "openssl", "3.0.19-1~deb12u2")
    assert package is not None
    found = of_package(package, "openssl", "3.0", "debian", TABLE.system("debian", "12"), date(2026, 11, 22))
    assert found.upstream is not None
    assert found.upstream.ends == date(2026, 9, 7)


def test_a_makers_package_follows_the_makers_dates() -> None:
    assert support("dpkg", "nodejs", "20.20.2-1nodesource1") == ("vendor 2026-04-30", "")


@pytest.mark.parametrize(("source", "name", "version", "system", "reason"), [
    ("dpkg", "nodejs", "18.19.1+dfsg-6ubuntu5", ("ubuntu", "24.04"), "who mends nodejs on ubuntu"),
    ("dpkg", "nginx", "1.26.0-1~bpo12+1", ("debian", "12"), "backports"),
    ("rpm", "php-common", "8.2.13-1.el9", ("rhel", "9.4"), "before the release"),
    ("dpkg", "chromium", "156.0.8078.79-1~deb12u1", ("debian", "12"), "does not promise updates of chromium"),
    ("dpkg", "openssl", "3.5.1-1", ("debian", "99"), "no dates for Debian 99"),
    ("dpkg", "google-chrome-stable", "156.0.1-1", ("debian", "12"), "no dates for Google Chrome 156.0.1-1"),
    ("snap", "firefox", "r5187", ("ubuntu", "24.04"), "is no version"),
])
def test_a_package_of_which_nobody_promises_anything_is_a_reason(
        source: str, name: str, version: str, system: tuple[str, str], reason: str) -> None:
    period, why_not = support(source, name, version, system)
    assert period is None
    assert reason in why_not


def test_what_long_term_support_leaves_out_is_known_while_the_makers_support_lasts() -> None:
    assert support("dpkg", "chromium", "140.0-1~deb12u1", at=date(2026, 7, 11)) == ("vendor 2026-07-11", "")


def test_a_server_elsewhere_past_its_makers_end_is_unknown_and_not_failed() -> None:
    found = of_database(TABLE, "postgresql", "13.23", date(2026, 11, 22))
    assert found.period is None
    assert "2025-11-13" in found.why
    assert of_database(TABLE, "postgresql", "16.15", date(2026, 11, 22)).period is not None


def test_the_latest_period_is_the_open_one_then_the_last_dated_one() -> None:
    dated = Period(Kind.VENDOR, End.DATED, date(2030, 1, 1))
    over, lasting = Period(Kind.LTS, End.OVER), Period(Kind.LTS, End.OPEN)
    paid = Period(Kind.PAID, End.DATED, date(2040, 1, 1))
    assert latest((over, dated, paid), FREE) == dated
    assert latest((dated, lasting, paid), FREE) == lasting
    assert latest((paid,), FREE) is None


@pytest.mark.parametrize(("version", "digits"), [
    ("1:9.2p1-2+deb12u10", "9.2"), ("3.0.19-1~deb12u2", "3.0.19"), ("1.1.1w", "1.1.1"), ("r512", ""), ("", ""),
    ("17.0.15+6-1", "17.0.15"), ("5:27.5.1-1", "27.5.1"),
])
def test_the_digits_of_a_version(version: str, digits: str) -> None:
    assert numeric(version) == digits


def test_a_missing_or_malformed_table_says_how_to_write_one() -> None:
    for tables in ({}, {"lifecycle": {"schema": "other"}}, {"lifecycle": []}):
        with pytest.raises(PolicyError, match="hustings policy tables import"):
            Table.of(tables)


def test_every_release_name_is_found_by_itself() -> None:
    """No release hides behind an alias, a first build or another release of its product."""
    for product in TABLE.products:
        if any(one.build for one in product.cycles) or product.starts:
            continue
        for cycle in product.cycles:
            if numeric(cycle.cycle) == cycle.cycle:
                found = TABLE.cycle(product.id, cycle.cycle)
                assert isinstance(found, Match)
                if cycle.cycle not in product.aliases:
                    assert found.cycle is cycle, (product.id, cycle.cycle)
