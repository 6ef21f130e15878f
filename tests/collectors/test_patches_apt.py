"""Whether security updates wait on a Debian machine, and when the lists may be believed."""

from datetime import UTC, datetime, timedelta

import pytest

from collectors import patches
from collectors._apt import of_release
from collectors._apt_conf import parse as parse_conf
from collectors._apt_release import parse as parse_release
from collectors._apt_sources import Source, parse_list, parse_sources
from collectors._dpkg import parse as parse_status
from collectors.base import ABSENT, Dated
from collectors.host.image import ImageHost
from collectors.host.protocol import FileKind, LookError, NotThere, Output, Unreadable
from hustings.declared import Declared
from hustings.facts import Missing, Reason
from hustings.times import parse_time, utc_text
from tests.collectors.captured.packages import captured
from tests.fakes import FakeHost

LISTS = "/var/lib/apt/lists"
BASE = f"{LISTS}/mirror.example_debian-security_dists_bookworm-security"
MADE = datetime(2026, 11, 20, 0, 12, 41, tzinfo=UTC)
UPDATED = datetime(2026, 11, 22, 3, 22, 45, tzinfo=UTC)
TIMERS = ("apt-daily.timer", "apt-daily-upgrade.timer")


def debian(*, without=(), mtime=MADE, changed=UPDATED, partial=UPDATED, automatic=False, **files):
    """A Debian 12 machine that last asked for updates at ``changed``."""
    content = {
        "/var/lib/dpkg/status": captured("debian12-status"),
        "/etc/apt/sources.list.d/debian.sources": captured("debian12.sources"),
        f"{BASE}_InRelease": captured("debian12-security-InRelease"),
        f"{BASE}_main_binary-amd64_Packages": captured("debian12-security-Packages"),
    } | files.get("files", {})
    stats = {}
    if f"{BASE}_InRelease" not in without:
        stats[f"{BASE}_InRelease"] = {"mtime": mtime, "changed": changed}
    if partial:
        stats[f"{LISTS}/partial"] = {"kind": FileKind.DIRECTORY, "mtime": partial}
    if automatic:
        content |= {
            "/var/lib/dpkg/status": captured("debian12-status") + "\n".join(
                f"\nPackage: {name}\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n"
                for name in ("unattended-upgrades", "systemd-sysv")),
            "/etc/apt/apt.conf.d/20auto-upgrades": captured("20auto-upgrades"),
            "/etc/apt/apt.conf.d/50unattended-upgrades": captured("50unattended-upgrades"),
        } | {f"/etc/systemd/system/timers.target.wants/{timer}": "" for timer in TIMERS}
    return FakeHost({path: text for path, text in content.items() if path not in without},
                    links=files.get("links"), stats=stats, denied=files.get("denied", ()),
                    commands=files.get("commands"))


def facts(host):
    return patches.collect(host, Declared())


def pending(host):
    seen = facts(host)["patches.security_pending"]
    assert isinstance(seen, Dated), seen
    return {(one["package"], one["installed"], one["fixed"]) for one in seen.value.items}


def test_installed_packages_with_a_newer_version_in_the_security_pocket_are_pending():
    assert pending(debian()) == {
        ("apt", "2.6.1", "2.6.2"),
        ("jq", "1.6-2.1+deb12u1", "1.6-2.1+deb12u3"),
        ("libjq1", "1.6-2.1+deb12u1", "1.6-2.1+deb12u3"),
        *((name, one.version, "3.0.22-1~deb12u2")
          for name in ("openssl", "libssl3") for one in parse_status(captured("debian12-status")) if one.name == name),
    }
    assert facts(debian())["patches.security_source"] is True
    assert facts(debian())["patches.manager"] == "apt"


def test_an_older_version_in_the_pocket_and_a_package_that_is_not_installed_are_not_pending():
    names = {package for package, _, _ in pending(debian())}
    assert "libc6" not in names
    assert "chromium" not in names


def test_the_list_speaks_for_the_last_successful_update():
    seen = facts(debian())
    assert seen["patches.lists_updated"] == utc_text(UPDATED)
    assert seen["patches.security_pending"].as_of == UPDATED


@pytest.mark.parametrize(("why", "given", "expected"), [
    ("a failed update touches partial alone", {"changed": MADE + timedelta(hours=5)}, MADE + timedelta(hours=5)),
    ("an unpacked copy has new ctimes", {"partial": MADE + timedelta(hours=1)}, MADE + timedelta(hours=1)),
    ("touching everything two weeks later", {"mtime": MADE + timedelta(days=14), "changed": MADE + timedelta(days=14),
                                             "partial": MADE + timedelta(days=14)}, MADE),
    ("set back by hand", {"mtime": MADE - timedelta(days=10)}, MADE - timedelta(days=10)),
    ("no trace of an update", {"partial": None}, MADE),
    ("a host without ctime", {"changed": None}, MADE),
])
def test_the_lists_are_never_taken_for_newer_than_can_be_shown(why, given, expected):
    seen = facts(debian(**given))
    assert seen["patches.lists_updated"] == utc_text(expected), why
    assert seen["patches.security_pending"].as_of == expected


def test_an_old_list_that_was_touched_stays_old():
    old = captured("debian12-security-InRelease").replace("20 Nov 2026", "01 Oct 2026").replace("27 Nov", "08 Oct")
    seen = facts(debian(files={f"{BASE}_InRelease": old}, mtime=UPDATED))
    assert seen["patches.lists_updated"] == "2026-10-01T00:12:41Z"


def test_a_source_without_its_list_makes_what_is_pending_unknown_and_never_none():
    for missing in (f"{BASE}_main_binary-amd64_Packages", f"{BASE}_InRelease"):
        seen = facts(debian(without={missing}))
        assert seen["patches.lists_updated"] is ABSENT
        assert isinstance(seen["patches.security_pending"], Missing)


def test_without_a_source_of_security_updates_there_is_no_list_of_them():
    plain = captured("debian12.sources").split("\n\n")[0]
    seen = facts(debian(files={"/etc/apt/sources.list.d/debian.sources": plain}))
    assert seen["patches.security_source"] is False
    assert seen["patches.lists_updated"] is ABSENT
    assert seen["patches.security_pending"] is ABSENT


@pytest.mark.parametrize(("release", "counts"), [
    ("ID=debian\nVERSION_CODENAME=bookworm\n", True),
    ("ID=debian\nVERSION_CODENAME=trixie\n", False),
    ("ID=debian\n", True),
    ("ID=somebodys\nVERSION_CODENAME=own\n", True),
])
def test_the_security_pocket_of_another_release_offers_this_one_nothing(release, counts):
    seen = facts(debian(files={"/etc/os-release": release}))
    for name in ("patches.security_source", "patches.lists_updated", "patches.security_pending"):
        assert isinstance(seen[name], Missing) is not counts, name


def test_beside_the_own_pocket_that_of_another_release_is_passed_over():
    both = captured("debian12.sources") + "\n" + captured("debian12.sources").split("\n\n")[1].replace(
        "bookworm", "trixie")
    host = debian(files={"/etc/apt/sources.list.d/debian.sources": both,
                         "/etc/os-release": "ID=debian\nVERSION_CODENAME=bookworm\n"})
    assert pending(host) == pending(debian())


@pytest.mark.parametrize(("suite", "codename", "same"), [
    ("bookworm-security", "bookworm", True), ("bullseye-security", "bookworm", False),
    ("buster/updates", "buster", True), ("stable-security", "bookworm", True), ("noble-security", "noble", True),
    ("jammy-infra-security", "jammy", True), ("jammy-security", "noble", False),
])
def test_a_suite_says_which_release_it_is_for(suite, codename, same):
    assert of_release(suite, codename) is same


def test_a_file_that_apt_ignores_for_its_name_is_no_source():
    source = captured("debian12.sources")
    seen = facts(debian(without={"/etc/apt/sources.list.d/debian.sources"},
                        files={"/etc/apt/sources.list.d/debian (old).sources": source}))
    assert seen["patches.security_source"] is False


def test_a_disabled_source_does_not_count():
    off = "Enabled: no\n" + captured("debian12.sources").split("\n\n")[1]
    assert facts(debian(files={"/etc/apt/sources.list.d/debian.sources": off}))["patches.security_source"] is False


def test_a_source_that_cannot_be_read_is_a_reason():
    seen = facts(debian(denied={"/etc/apt/sources.list.d/debian.sources"}))
    for name in ("patches.security_source", "patches.lists_updated", "patches.security_pending"):
        assert seen[name].reason is Reason.DENIED


def test_a_compressed_list_is_read_by_apts_own_helper():
    packed = f"{BASE}_main_binary-amd64_Packages"
    said = {("apt-helper", "cat-file", f"{packed}.lz4"): Output(0, captured("debian12-security-Packages"), "")}
    host = debian(without={packed}, files={f"{packed}.lz4": b"\x04\x22"}, commands=said)
    assert pending(host) == pending(debian())
    without_helper = debian(without={packed}, files={f"{packed}.lz4": b"\x04\x22"})
    seen = facts(without_helper)
    assert seen["patches.security_pending"].detail == "apt-helper does not exist"
    assert seen["patches.lists_updated"] == facts(debian())["patches.lists_updated"]


def test_an_image_is_read_without_running_anything(tmp_path):
    import gzip

    for path, text in {"var/lib/dpkg/status": captured("debian12-status"),
                       "etc/apt/sources.list": "deb http://mirror.example/debian-security bookworm-security main\n",
                       f"{BASE[1:]}_InRelease": captured("debian12-security-InRelease")}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    packed = tmp_path / f"{BASE[1:]}_main_binary-amd64_Packages.gz"
    packed.write_bytes(gzip.compress(captured("debian12-security-Packages").encode()))
    assert pending(ImageHost(str(tmp_path))) == pending(debian())
    packed.write_bytes(b"\x1f\x8b broken")
    assert facts(ImageHost(str(tmp_path)))["patches.security_pending"].reason is Reason.ERROR


def test_security_updates_install_themselves_only_if_every_part_is_on():
    assert facts(debian(automatic=True))["patches.automatic"] is True
    assert facts(debian())["patches.automatic"] is False
    wants = "/etc/systemd/system/timers.target.wants/apt-daily-upgrade.timer"
    assert facts(debian(automatic=True, without={wants}))["patches.automatic"] is False
    masked = {"/etc/systemd/system/apt-daily.timer": "/dev/null"}
    assert facts(debian(automatic=True, links=masked))["patches.automatic"] is False
    emptied = debian(automatic=True, files={"/etc/systemd/system/apt-daily.timer": ""})
    assert facts(emptied)["patches.automatic"] is False


@pytest.mark.parametrize("later", [
    'APT::Periodic::Unattended-Upgrade "0";',
    'apt { periodic { enable "0"; }; };',
    'APT::Periodic::Update-Package-Lists "7";',
    '#clear Unattended-Upgrade::Origins-Pattern;',
])
def test_a_later_file_of_apts_configuration_has_the_last_word(later):
    host = debian(automatic=True, files={"/etc/apt/apt.conf.d/99local": later})
    assert facts(host)["patches.automatic"] is False
    ignored = debian(automatic=True, files={"/etc/apt/apt.conf.d/99local.disabled": later})
    assert facts(ignored)["patches.automatic"] is True


@pytest.mark.parametrize("text", ['APT { Periodic "1"; ', "}", "#include /elsewhere;", "APT::X"])
def test_apt_configuration_that_is_not_understood_is_an_error(text):
    with pytest.raises(Unreadable):
        parse_conf(text, {})


def test_comments_and_lists_of_apts_configuration_are_understood():
    settings = {}
    parse_conf('// one\n# two\n/* three\n "4" */ A::B { "x"; "y"; };\nA::B:: "z";\nC "http://h//p";', settings)
    assert settings == {"a::b": ["x", "y", "z"], "c": ["http://h//p"]}


def test_packages_on_hold_and_pinned_by_name_are_held_back():
    held = captured("debian12-status").replace(
        "Package: jq\nStatus: install", "Package: jq\nStatus: hold")
    pins = "Package: nodejs\nPin: origin deb.nodesource.com\nPin-Priority: 600\n\n" \
           "Explanation: no\nPackage: chromium firefox\nPin: release *\nPin-Priority: -1\n\n" \
           "Package: *\nPin: release a=testing\nPin-Priority: -10\n"
    host = debian(files={"/var/lib/dpkg/status": held, "/etc/apt/preferences.d/pins": pins})
    assert facts(host)["patches.held"].items == ["chromium (pinned -1)", "firefox (pinned -1)", "jq"]


def test_sources_in_both_formats_and_the_names_of_their_lists():
    assert parse_list(
        "# a comment\ndeb-src http://a/d s main\n"
        "deb [arch=amd64,arm64 signed-by=/k] https://user:pw@Archive.example:8080/ubuntu/ noble-security main all # x\n"
        "deb http://e/flat_repo ./\n"
    ) == [
        Source("https://user:pw@Archive.example:8080/ubuntu/", "noble-security", ("main", "all"),
               ("amd64", "arm64")),
        Source("http://e/flat_repo", "./", ()),
    ]
    first = parse_list("deb https://user:pw@archive.example:8080/ubuntu/ noble-security main")[0]
    assert (first.base, first.security) == ("archive.example:8080_ubuntu_dists_noble-security", True)
    assert Source("https://e/a~b_c", "stable", ()).base == "e_a%7eb%5fc_dists_stable"
    suites = [(one.suite, one.security) for one in parse_sources(captured("debian12.sources"))]
    assert suites == [("bookworm", False), ("bookworm-updates", False), ("bookworm-security", True)]
    for wrong in ("deb http://only-a-uri\n", "deb [arch=amd64 http://a s main\n", "rpm http://a s main\n"):
        with pytest.raises(Unreadable):
            parse_list(wrong)


def test_a_release_file_says_when_it_was_made_and_how_large_its_lists_are():
    release = parse_release(captured("debian12-security-InRelease"))
    assert (release.label, release.codename, release.date) == ("Debian-Security", "bookworm-security", MADE)
    assert release.valid_until == parse_time("2026-11-27T00:12:41Z")
    assert release.sizes["main/binary-amd64/Packages"] == 2515915
    with pytest.raises(Unreadable):
        parse_release("Origin: Debian\n")


def test_removed_packages_are_not_installed_and_a_broken_database_is_an_error():
    text = ("Package: a\nStatus: deinstall ok config-files\nVersion: 1\n\n"
            "Package: b\nStatus: hold ok half-configured\nVersion: 2\n")
    assert [(one.name, one.held) for one in parse_status(text)] == [("b", True)]
    for broken in ("Package: a\nVersion: 1\n", "Package: a\nStatus: install ok installed\n", "garbage"):
        with pytest.raises(Unreadable):
            parse_status(broken)


def test_a_machine_with_another_package_manager_is_unsupported():
    with pytest.raises(LookError) as error:
        patches.collect(FakeHost({"/etc/pacman.conf": ""}), Declared())
    assert error.value.missing.reason is Reason.UNSUPPORTED
    assert not isinstance(error.value, NotThere)


# -- what is taken without a signature, from where, and what is cleaned up

@pytest.mark.parametrize("setting", [
    'APT::Get::AllowUnauthenticated "true";', "APT { Get { AllowUnauthenticated yes; }; };",
    'Acquire::AllowInsecureRepositories "1";', 'Acquire::AllowWeakRepositories "on";'])
def test_settings_that_take_unsigned_packages_are_named(setting):
    seen = facts(debian(files={"/etc/apt/apt.conf.d/99x": setting}))["patches.unauthenticated"].items
    assert len(seen) == 1
    assert seen[0].lower() in ("apt::get::allowunauthenticated", "acquire::allowinsecurerepositories",
                               "acquire::allowweakrepositories")
    off = setting.replace("true", "false").replace("yes", "no").replace('"1"', '"0"').replace('"on"', '"off"')
    assert facts(debian(files={"/etc/apt/apt.conf.d/99x": off}))["patches.unauthenticated"].items == []


@pytest.mark.parametrize("line", [
    "deb [trusted=yes] http://x.example/debian bookworm main",
    "deb [arch=amd64 trusted=yes] http://x.example/debian x y",
    "deb [ allow-insecure=yes ] http://ada:secret@x.example/debian bookworm main"])
def test_sources_taken_on_trust_are_named_without_their_password(line):
    name, = facts(debian(files={"/etc/apt/sources.list": line}))["patches.unauthenticated"].items
    assert name.startswith("http://x.example/debian ")
    signed = line.replace("trusted=yes", "trusted=no").replace("allow-insecure=yes", "")
    assert facts(debian(files={"/etc/apt/sources.list": signed}))["patches.unauthenticated"].items == []


def test_deb822_sources_taken_on_trust_are_named():
    text = "Types: deb\nURIs: https://x.example/\nSuites: stable\nComponents: main\nTrusted: yes\n"
    seen = facts(debian(files={"/etc/apt/sources.list.d/x.sources": text}))
    assert seen["patches.unauthenticated"].items == ["https://x.example/ stable"]


def test_where_packages_come_from_is_listed_with_its_release():
    rows = facts(debian(files={"/etc/apt/sources.list": "deb http://ada:pw@old.example/debian bullseye main contrib\n"}
                        ))["patches.sources"].items
    old = {"uri": "http://old.example/debian", "host": "old.example", "suite": "bullseye",
           "components": "main contrib", "security": False}
    assert old in [{name: value for name, value in row.items() if name != "own_release"} for row in rows]
    assert {row["security"] for row in rows} == {True, False}


@pytest.mark.parametrize(("text", "packages", "kernels"), [
    ("", "new-removed", "removed-by-default"),
    ('Unattended-Upgrade::Remove-Unused-Dependencies "true";', "removed", "removed-by-default"),
    ('Unattended-Upgrade { Remove-Unused-Dependencies "yes"; Remove-Unused-Kernel-Packages "true"; };', "removed",
     "removed"),
    ('//Unattended-Upgrade::Remove-Unused-Dependencies "true";', "new-removed", "removed-by-default"),
    ('Unattended-Upgrade::Remove-New-Unused-Dependencies "false";\n'
     'Unattended-Upgrade::Remove-Unused-Kernel-Packages "0";', "kept", "kept")])
def test_what_becomes_of_what_nothing_needs(text, packages, kernels):
    seen = facts(debian(files={"/etc/apt/apt.conf.d/60x": text}))
    assert (seen["patches.unused_packages"], seen["patches.unused_kernels"]) == (packages, kernels)


def test_a_derivatives_security_pocket_is_that_of_its_base():
    mint = ('ID=linuxmint\nVERSION_ID="6"\nVERSION_CODENAME=faye\nDEBIAN_CODENAME={}\n'
            'PRETTY_NAME="LMDE 6"\n')
    assert facts(debian(files={"/etc/os-release": mint.format("bookworm")}))["patches.security_source"] is True
    other = facts(debian(files={"/etc/os-release": mint.format("trixie")}))["patches.security_source"]
    assert other.reason is Reason.UNSUPPORTED


def test_the_pockets_of_a_paid_contract_count_too():
    assert Source("https://esm.example/infra/ubuntu", "jammy-infra-security", ("main",)).security
    assert of_release("jammy-infra-security", "jammy")
    assert of_release("jammy-apps-security", "jammy")
