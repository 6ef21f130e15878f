import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors import _sshd_keys, _sshd_settings, sshd
from collectors._sshd_config import factors, parse_effective, parse_files
from collectors._sshd_start import daemon_options
from collectors._sshd_values import algorithms, seconds
from collectors.base import ABSENT, observe
from collectors.host.protocol import Output
from hustings.declared import Declared
from hustings.facts import Listing, Missing, Reason
from tests.collectors.captured import captured
from tests.fakes import NOW, FakeHost

PROGRAM = b"\x7fELF\0SSH-2.0-OpenSSH_9.2p1 Debian-2\0"
FILES = {
    "/usr/sbin/sshd": PROGRAM, "/etc/os-release": "ID=debian\n",
    "/etc/ssh/sshd_config": captured("access/sshd_config-debian12"),
    "/etc/ssh/ssh_host_rsa_key": "private", "/etc/ssh/ssh_host_rsa_key.pub": captured("access/rsa.pub"),
    "/etc/ssh/ssh_host_ed25519_key": "private", "/etc/ssh/ssh_host_ed25519_key.pub": captured("access/ed25519.pub"),
    "/etc/pam.d/sshd": captured("access/pam-sshd-debian12"),
    "/etc/pam.d/common-auth": captured("access/pam-common-auth-debian12"),
    "/etc/pam.d/common-account": "", "/etc/pam.d/common-session": "", "/etc/pam.d/common-password": "",
}
DEBIAN = captured("access/sshd-T-debian12.txt")


def look(files: dict[str, Any] | None = None, said: Output | None = None, **host: Any) -> dict[str, Any]:
    commands = {("sshd", "-T"): said} if said else {}
    machine = FakeHost({**FILES, **(files or {})}, commands=commands, dirs=["/etc/ssh/sshd_config.d"], **host)
    return sshd.collect(machine, Declared())


def refused(text: str) -> Output:
    return Output(255, "", text + "\n")


def test_the_daemon_is_asked_for_what_is_in_force():
    found = look(said=Output(0, DEBIAN, ""))
    assert found["sshd.settings_from"] == "daemon"
    assert found["sshd.permit_root_login"] == "prohibit-password"
    assert (found["sshd.password_authentication"], found["sshd.keyboard_interactive"]) == (True, False)
    assert (found["sshd.max_auth_tries"], found["sshd.login_grace_time"]) == (6, 120)
    assert found["sshd.x11_forwarding"] is True
    assert found["sshd.banner"] is ABSENT
    assert "aes256-ctr" in found["sshd.ciphers"].items
    assert found["sshd.host_keys"].items[0] == {"path": "/etc/ssh/ssh_host_rsa_key", "kind": "ssh-rsa", "bits": 3072}
    assert found["sshd.host_keys"].items[1]["kind"].reason is Reason.ERROR  # the ecdsa key is not on this machine


def test_an_image_is_read_from_its_files_and_agrees_with_the_daemon():
    asked, read = look(said=Output(0, DEBIAN, "")), look(kind="image")
    apart = {"sshd.settings_from", "sshd.config_newer_than_daemon", "sshd.key_exchanges", "sshd.key_algorithms",
             "sshd.host_keys", "sshd.settings"}
    assert {name for name in asked if asked[name] != read[name]} <= apart
    both = zip(asked["sshd.settings"].items, read["sshd.settings"].items, strict=True)
    assert {one["keyword"] for one, other in both if one != other} == {"kexalgorithms"}
    assert (read["sshd.settings_from"], read["sshd.key_algorithms"].reason) == ("files", Reason.UNSUPPORTED)
    assert set(asked["sshd.key_exchanges"].items) - set(read["sshd.key_exchanges"].items) == {"sntrup761x25519-sha512"}


def test_the_first_value_wins_and_blocks_are_kept_apart():
    config = parse_files(lambda path: captured("access/sshd_config-match"), lambda pattern: [], "/etc/ssh/sshd_config")
    daemon = parse_effective(captured("access/sshd-T-match.txt"))
    settings = config.settings()
    for keyword in ("permitrootlogin", "passwordauthentication", "kbdinteractiveauthentication", "ciphers",
                    "x11forwarding", "authenticationmethods"):
        assert settings[keyword] == daemon[keyword], keyword
    assert [word for value in settings["allowusers"] for word in value.split()] == daemon["allowusers"]
    assert str(seconds(settings["logingracetime"][0])) == daemon["logingracetime"][0]
    assert ",".join(algorithms("macs", settings["macs"][0], (9, 2)) or []) == daemon["macs"][0]
    blocks = [(one.criteria, one.keyword, one.value) for one in config.lines if one.criteria]
    assert blocks == [("User dave", "permitrootlogin", "yes"), ("User dave", "passwordauthentication", "yes"),
                      ("All".lower(), "x11forwarding", "yes")]


@pytest.fixture
def host_key(tmp_path: Path) -> Iterator[Path]:
    """A host key, and for as long as the test runs the directory that the service makes when it starts."""
    run, made = Path("/run/sshd"), False
    if not run.is_dir():
        run.mkdir(0o755)
        made = True
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    yield tmp_path / "key"
    if made:
        run.rmdir()


@pytest.mark.skipif(shutil.which("sshd", path="/usr/sbin:/usr/bin") is None, reason="sshd is not installed")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make /run/sshd")
@pytest.mark.parametrize("text", [
    "PermitRootLogin yes\nMatch all\nPermitRootLogin no\n",
    "Include {dir}/*.conf\nMaxAuthTries 9\nPermitRootLogin no # in the end\n",
    "Include {dir}/match.inc\nX11Forwarding yes\nPermitEmptyPasswords yes\n",
    'LogLevel = VERBOSE\nBanner "/etc/issue"\nClientAliveInterval 5m\nUsePAM yes\n',
    "Ciphers +aes256-cbc\nMACs ^hmac-sha2-512\nKexAlgorithms -diffie-hellman-*\n",
    "skeyauthentication no\nchallengeresponseauthentication yes\n",
    "PermitRootLogin 'yes'\nBanner '/etc/issue net' # 'open\n",
    "# root: \x0cPermitRootLogin no\nPermitRootLogin yes\n",
])
def test_the_installed_daemon_agrees(text, tmp_path, host_key):
    (tmp_path / "20-b.conf").write_text("MaxAuthTries 3\nPasswordAuthentication yes\n")
    (tmp_path / "10-a.conf").write_text("PasswordAuthentication no\nMatch user nobody\nMaxAuthTries 2\n")
    (tmp_path / "match.inc").write_text("Match all\nX11Forwarding no\n")
    main = tmp_path / "main"
    main.write_text(text.format(dir=tmp_path))
    said = subprocess.run(["/usr/sbin/sshd", "-T", "-h", str(host_key), "-f", str(main)], capture_output=True,
                          text=True, check=True)
    config = parse_files(lambda path: Path(path).read_text(),
                         lambda pattern: sorted(map(str, Path("/").glob(pattern.lstrip("/")))), str(main))
    daemon = parse_effective(said.stdout)
    ours = _sshd_settings.Effective(config.settings(), "files", (9, 2), frozenset({"debian"}))
    for keyword in ("permitrootlogin", "maxauthtries", "passwordauthentication", "kbdinteractiveauthentication",
                    "loglevel", "banner", "usepam", "x11forwarding", "permitemptypasswords"):
        assert sshd._normal(ours.value(keyword)) == sshd._normal(daemon[keyword][0]), keyword
    assert str(seconds(ours.value("clientaliveinterval"))) == daemon["clientaliveinterval"][0]
    for keyword in ("ciphers", "macs", "kexalgorithms"):
        known = algorithms(keyword, ours.settings.get(keyword, [None])[0], (9, 2))
        assert set(daemon[keyword][0].split(",")) - set(known or []) <= {"sntrup761x25519-sha512"}


def test_where_the_run_directory_lacks_the_files_are_read():
    found = look(said=refused("Missing privilege separation directory: /run/sshd"))
    assert (found["sshd.settings_from"], found["sshd.x11_forwarding"]) == ("files", True)


def test_without_root_the_settings_are_denied():
    found = look(said=Output(1, "", "sshd: no hostkeys available -- exiting.\n"))
    assert found["sshd.installed"] is True
    assert found["sshd.permit_root_login"].reason is found["sshd.ciphers"].reason is Reason.DENIED


def test_a_daemon_without_host_keys_cannot_start_which_is_not_a_denial():
    files = {path: data for path, data in FILES.items() if "ssh_host" not in path}
    host = FakeHost(files, commands={("sshd", "-T"): refused("sshd: no hostkeys available -- exiting.")})
    assert sshd.collect(host, Declared())["sshd.permit_root_login"].reason is Reason.ERROR


def test_a_configuration_the_daemon_refuses_is_a_reason():
    found = look(said=refused("/etc/ssh/sshd_config: line 1: Bad configuration option: Foo"))
    assert "Bad configuration option" in found["sshd.permit_root_login"].detail
    assert "Bad configuration option" in found["sshd.refused"].items[0]


def test_no_daemon_means_absent_facts():
    found = sshd.collect(FakeHost({"/etc/passwd": ""}, dirs=["/usr/sbin"]), Declared())
    assert found.pop("sshd.installed") is False
    assert set(found.values()) == {ABSENT}


def test_match_blocks_are_listed_with_their_place_even_in_included_files():
    block = "Match Address 10.0.0.0/8\n  PermitRootLogin YES\n"
    found = look({"/etc/ssh/sshd_config.d/50-x.conf": block}, kind="image")
    assert found["sshd.match_blocks"].items == [
        {"criteria": "Address 10.0.0.0/8", "keyword": "permitrootlogin", "value": "yes",
         "file": "/etc/ssh/sshd_config.d/50-x.conf", "line": 2}]
    assert found["sshd.permit_root_login"] == "prohibit-password"
    assert found["sshd.x11_forwarding"] is True  # the block ends with its file


def test_the_options_of_the_running_daemon_count():
    title = "sshd: /usr/sbin/sshd -D -o PermitRootLogin=yes -oMaxAuthTries=9 [listener] 0 of 10-100 startups\0"
    assert daemon_options(title) == (("PermitRootLogin=yes", "MaxAuthTries=9"), "")
    assert daemon_options("/usr/sbin/sshd\0-D\0-f\0/etc/ssh/own\0") == ((), "/etc/ssh/own")
    running = {**FILES, "/run/sshd.pid": "77\n", "/proc/77/cmdline": title}
    host = FakeHost(running, dirs=["/etc/ssh/sshd_config.d"], commands={
        ("sshd", "-T", "-o", "PermitRootLogin=yes", "-o", "MaxAuthTries=9"):
            Output(0, DEBIAN.replace("permitrootlogin without-password", "permitrootlogin yes"), "")})
    assert sshd.collect(host, Declared())["sshd.permit_root_login"] == "yes"
    unasked = FakeHost(running, dirs=["/etc/ssh/sshd_config.d"])
    assert sshd.collect(unasked, Declared())["sshd.permit_root_login"] == "yes"


def test_a_configuration_changed_after_the_start_is_noticed():
    def newer(changed: timedelta) -> Any:
        found = look({"/run/sshd.pid": "77\n"}, said=Output(0, DEBIAN, ""), stats={
            "/run/sshd.pid": {"mtime": NOW}, "/etc/ssh/sshd_config": {"mtime": NOW + changed}})
        return found["sshd.config_newer_than_daemon"]

    assert (newer(timedelta(hours=1)), newer(-timedelta(hours=1))) == (True, False)
    assert look(said=Output(0, DEBIAN, ""))["sshd.config_newer_than_daemon"] is ABSENT


def test_values_built_into_an_unknown_version_are_not_guessed():
    found = look({"/usr/sbin/sshd": b"\x7fELF"}, kind="image")
    assert found["sshd.permit_root_login"].reason is found["sshd.ciphers"].reason is Reason.UNSUPPORTED
    assert found["sshd.x11_forwarding"] is True  # it is written
    assert look({"/usr/sbin/sshd": b"OpenSSH_11.0p2"}, kind="image")["sshd.ciphers"].reason is Reason.UNSUPPORTED


@pytest.mark.parametrize(("value", "expected"), [
    ("aes256-cbc", ["aes256-cbc"]), ("+3des-cbc", [..., "3des-cbc"]), ("^aes256-cbc", ["aes256-cbc", ...]),
])
def test_algorithm_lists_add_to_the_built_in_ones(value, expected):
    compiled = algorithms("ciphers", None, (9, 2)) or []
    found = algorithms("ciphers", value, (9, 2)) or []
    assert found == [one for part in expected for one in (compiled if part is ... else [part])]
    assert algorithms("ciphers", value, (11, 0)) == (["aes256-cbc"] if value[0] == "a" else None)


@pytest.mark.parametrize(("methods", "number"), [
    ("any", 1), ("publickey", 1), ("publickey,password", 2), ("publickey,publickey", 1),
    ("publickey,keyboard-interactive:pam publickey", 1), ("publickey,password publickey,keyboard-interactive", 2),
])
def test_the_weakest_combination_counts(methods, number):
    assert factors(methods) == number


def test_a_password_asked_twice_is_one_method_unless_pam_asks_something_else():
    methods = "password,keyboard-interactive:pam"
    assert (factors(methods), factors(methods, questions=True)) == (1, 2)
    config = {"/etc/ssh/sshd_config": f"AuthenticationMethods {methods}\n"}
    assert look(config, kind="image")["sshd.authentication_factors"] == 1
    second = {**config, "/etc/pam.d/common-auth": "auth required pam_oath.so\n"}
    assert look(second, kind="image")["sshd.authentication_factors"] == 2


@pytest.mark.parametrize("text", ["PermitRootLogin\n", 'Banner "open\n', "= yes\n"])
def test_a_line_the_daemon_would_refuse_is_a_fault(text):
    assert len(parse_files(lambda path: text, lambda pattern: []).faults) == 1
    assert isinstance(look({"/etc/ssh/sshd_config": text}, kind="image")["sshd.permit_root_login"], Missing)


def test_an_include_loop_ends():
    found = look({"/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config\n"}, kind="image")
    assert "levels deep" in found["sshd.permit_root_login"].detail


@pytest.mark.parametrize(("line", "records"), [
    ("auth required pam_google_authenticator.so", [("pam_google_authenticator", True)]),
    ("auth required pam_google_authenticator.so nullok", [("pam_google_authenticator", False)]),
    ("auth sufficient pam_u2f.so cue", [("pam_u2f", False)]),
    ("auth [success=1 default=die] /usr/lib/security/pam_oath.so", [("pam_oath", True)]),
    ("session required pam_oath.so", []),
])
def test_second_factor_modules_are_found_behind_includes(line, records):
    found = look({"/etc/pam.d/common-auth": line + "\n"}, said=Output(0, DEBIAN, ""))
    assert [(one["module"], one["enforced"]) for one in found["sshd.pam_factors"].items] == records


@pytest.mark.parametrize(("lines", "enforced"), [
    (["sufficient pam_unix.so", "required pam_oath.so"], False),
    (["[success=done default=ignore] pam_unix.so", "required pam_oath.so"], False),
    (["[success=1 default=ignore] pam_access.so", "required pam_oath.so"], False),
    (["[success=1 default=ignore] pam_unix.so", "requisite pam_deny.so", "required pam_oath.so"], True),
    (["[success=2 default=ignore] pam_unix.so", "requisite pam_deny.so", "required pam_oath.so"], False),
    (["substack inner", "required pam_oath.so"], True),
    (["include inner", "required pam_oath.so"], False),
    (["required pam_oath.so", "sufficient pam_unix.so"], True),
])
def test_a_second_factor_that_can_be_passed_by_is_not_enforced(lines, enforced):
    files = {"/etc/pam.d/common-auth": "".join(f"auth {line}\n" for line in lines),
             "/etc/pam.d/inner": "auth sufficient pam_unix.so\nauth required pam_deny.so\n"}
    found = look(files, said=Output(0, DEBIAN, ""))
    assert [one["enforced"] for one in found["sshd.pam_factors"].items] == [enforced]


def test_a_pam_file_that_cannot_be_read_is_a_reason():
    found = look(said=Output(0, DEBIAN, ""), denied={"/etc/pam.d/common-auth"})
    assert found["sshd.pam_factors"].reason is Reason.DENIED


@pytest.mark.parametrize("text", ["", "ssh-rsa", "ssh-rsa !!!", "ssh-rsa AAAAB3NzaC1kc3M=", "ssh-rsa AAAAB3Nz"])
def test_a_damaged_public_key_is_refused(text):
    with pytest.raises(ValueError):
        _sshd_keys.public_key(text)


def test_public_keys_are_measured():
    assert _sshd_keys.public_key(captured("access/rsa.pub")) == ("ssh-rsa", 3072)
    assert _sshd_keys.public_key(captured("access/ed25519.pub")) == ("ssh-ed25519", 256)


def test_what_it_answers_is_what_it_declares():
    seen = observe(sshd.COLLECTOR, look(said=Output(0, DEBIAN, "")), NOW, Declared())
    assert {name: one.missing for name, one in seen.items() if one.missing} == {}
    assert isinstance(look(said=Output(0, DEBIAN, ""))["sshd.allow_users"], Listing)


UNIT = """[Service]
EnvironmentFile=-/etc/crypto-policies/back-ends/opensshserver.config
EnvironmentFile=-/etc/sysconfig/sshd
ExecStart=/usr/sbin/sshd -D $OPTIONS $CRYPTO_POLICY
"""


def test_an_image_is_read_with_the_options_its_unit_starts_the_daemon_with():
    policy = "CRYPTO_POLICY='-oCiphers=aes256-gcm@openssh.com,aes256-cbc -oMACs=hmac-sha2-256'\n"
    files = {"/usr/lib/systemd/system/sshd.service": UNIT,
             "/etc/crypto-policies/back-ends/opensshserver.config": policy,
             "/etc/sysconfig/sshd": '# OPTIONS="-o PermitRootLogin=no"\nOPTIONS="-u0 -o X11Forwarding=no"\n'}
    found = look(files, kind="image")
    assert found["sshd.ciphers"].items == ["aes256-gcm@openssh.com", "aes256-cbc"]
    assert found["sshd.x11_forwarding"] is False
    opted_out = look({**files, "/etc/sysconfig/sshd": "CRYPTO_POLICY=\n"}, kind="image")
    assert "aes256-cbc" not in opted_out["sshd.ciphers"].items
    override = {"/etc/systemd/system/sshd.service.d/10-own.conf": "[Service]\nExecStart=\n"
                "ExecStart=/usr/sbin/sshd -D -f /etc/ssh/own\n", "/etc/ssh/own": "PermitRootLogin yes\n"}
    assert look({**files, **override}, kind="image")["sshd.permit_root_login"] == "yes"


def test_options_from_a_file_that_is_not_read_are_a_reason():
    unit = UNIT.replace("/etc/sysconfig/sshd", "/srv/own")
    found = look({"/usr/lib/systemd/system/sshd.service": unit}, kind="image")
    assert found["sshd.permit_root_login"].reason is Reason.UNSUPPORTED


def test_suse_reads_the_vendors_file_where_there_is_no_other_and_lets_root_in_by_itself():
    files = {path: data for path, data in FILES.items() if not path.startswith("/etc/ssh/sshd_config")}
    files |= {"/usr/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\nX11Forwarding no\n",
              "/etc/ssh/sshd_config.d/10-a.conf": "MaxAuthTries 3\n", "/etc/os-release": 'ID="sles"\nID_LIKE="suse"\n'}
    found = sshd.collect(FakeHost(files, kind="image"), Declared())
    assert (found["sshd.x11_forwarding"], found["sshd.max_auth_tries"]) == (False, 3)
    assert found["sshd.permit_root_login"].reason is Reason.UNSUPPORTED


@pytest.mark.parametrize(("release", "version", "known"), [
    ("ID=debian\n", b"OpenSSH_7.9", True), ("ID=rhel\n", b"OpenSSH_7.4", False), ("ID=rhel\n", b"OpenSSH_8.0", True),
    ("ID=opensuse-leap\nID_LIKE=\"suse opensuse\"\n", b"OpenSSH_9.6", False), ("ID=debian\n", b"OpenSSH_6.7", False),
])
def test_whether_root_is_let_in_by_default_is_known_for_builds_that_keep_openssh_s_own(release, version, known):
    found = look({"/etc/os-release": release, "/usr/sbin/sshd": version}, kind="image")["sshd.permit_root_login"]
    assert (found == "prohibit-password") is known


def test_every_setting_tells_where_it_comes_from_and_what_speaks_against_it():
    config = {"/etc/ssh/sshd_config": "MaxAuthTries 3\nMaxAuthTries 6\nMatch User x\n  MaxAuthTries 9\n"}
    seen = {one["keyword"]: one for one in look(config, kind="image")["sshd.settings"].items}
    assert seen["maxauthtries"] == {"keyword": "maxauthtries", "value": "3", "number": 3, "origin": "stated",
                                    "contradictions": 2, "valid": True, "file": "/etc/ssh/sshd_config", "line": 1}
    assert (seen["maxsessions"]["origin"], seen["protocol"]["origin"]) == ("built-in", "removed")
    refused = look({"/etc/ssh/sshd_config": "UsePAM maybe\n"}, kind="image")
    assert [one["keyword"] for one in refused["sshd.settings"].items if not one["valid"]] == ["usepam"]


@pytest.mark.parametrize(("line", "fault"), [
    ("AllowGroups \n", "has no value"), ("Match User x\nUsePAM no\n", "may not stand in a Match block"),
    ('Banner "open\n', "not closed"),
])
def test_what_the_daemon_would_refuse_is_told_and_nothing_is_claimed_from_the_rest(line, fault):
    found = look({"/etc/ssh/sshd_config": line}, kind="image")
    assert fault in found["sshd.refused"].items[0]
    assert isinstance(found["sshd.permit_root_login"], Missing)
    assert not found["sshd.settings"].complete
    assert not found["sshd.match_blocks"].complete


def test_a_daemon_that_takes_its_configuration_is_believed():
    block = {"/etc/ssh/sshd_config": "Match User x\n  UsePAM no\n"}
    read, asked = look(block, kind="image"), look(block, said=Output(0, DEBIAN, ""))
    assert (len(read["sshd.refused"].items), asked["sshd.refused"].items) == (1, [])
    assert asked["sshd.match_blocks"].complete
    assert asked["sshd.match_blocks"].items[0]["keyword"] == "usepam"
