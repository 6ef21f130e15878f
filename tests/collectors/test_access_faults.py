"""A hardened machine, and what each planted fault does to the checks of who can get in."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors import accounts, file_permissions, password_policy, shadow, sign_in_policy, sshd, sudo
from collectors.base import Collector, failed, observe
from collectors.host.protocol import LookError
from hustings.declared import Declared
from hustings.facts import Facts
from hustings.verdicts import Verdict
from policies.evaluate import Context, judge
from policies.model import Check
from policies.pack import shipped
from tests.collectors.captured import captured
from tests.fakes import FakeHost

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
COLLECTORS: tuple[Collector, ...] = tuple(
    one.COLLECTOR for one in (
        accounts, file_permissions, password_policy, shadow, sign_in_policy, sshd, sudo))
HASH = "$y$j9T$himkIJVkhhY80XkAVEpGs.$A8gJvclOr1OgPf1uyyHfk3eBFqrh51Ha1PrnzGpg7R3"
STATS: dict[str, dict[str, Any]] = {
    "/usr/bin/sudo": {"mode": 0o4750, "gid": 27},
    "/etc/shadow": {"mode": 0o640}, "/etc/gshadow": {"mode": 0o640}, "/etc/sudoers": {"mode": 0o440},
    "/etc/ssh/ssh_host_rsa_key": {"mode": 0o600}, "/etc/ssh/ssh_host_ed25519_key": {"mode": 0o600},
}
HARDENED: dict[str, str | bytes] = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\n"
                   "alice:x:1000:1000::/home/alice:/bin/bash\n",
    "/etc/shadow": f"root:*:20228:0:99999:7:::\ndaemon:*:20228:0:99999:7:::\nalice:{HASH}:20763:0:99999:7:::\n",
    "/etc/group": "root:x:0:\ndaemon:x:1:\nsudo:x:27:alice\nalice:x:1000:\n",
    "/etc/gshadow": "root:*::\ndaemon:*::\nsudo:*::alice\nalice:!::\n", "/etc/cron.allow": "root\n",
    "/etc/shells": "/bin/bash\n", "/etc/login.defs": "ENCRYPT_METHOD YESCRYPT\nUMASK 027\n",
    "/var/log/wtmp": b"", "/var/log/lastlog": b"",
    "/usr/bin/sudo": b"", "/usr/local/bin/tool": b"",
    "/etc/sudoers": "Defaults use_pty\nDefaults secure_path=/usr/sbin:/usr/bin\n"
                    "Defaults logfile=/var/log/sudo.log\nroot ALL=(ALL:ALL) ALL\n"
                    "%sudo ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n",
    "/etc/sudoers.d/README": "# nothing\n",
    "/usr/sbin/sshd": b"OpenSSH_9.2p1", "/etc/os-release": "ID=debian\n",
    "/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\nX11Forwarding no\n",
    "/etc/ssh/sshd_config.d/50-hardened.conf": "PermitRootLogin no\nPasswordAuthentication no\n"
                                               "KbdInteractiveAuthentication no\nDisableForwarding yes\n"
                                               "AllowGroups sudo\nBanner /etc/issue.net\n"
                                               "ClientAliveInterval 300\n",
    "/etc/ssh/sshd_config.d/90-mfa.conf": "AuthenticationMethods publickey\n",
    "/etc/ssh/ssh_host_rsa_key": "", "/etc/ssh/ssh_host_rsa_key.pub": captured("access/rsa.pub"),
    "/etc/ssh/ssh_host_ed25519_key": "", "/etc/ssh/ssh_host_ed25519_key.pub": captured("access/ed25519.pub"),
    "/etc/pam.d/passwd": "password requisite pam_pwquality.so minlen=16 maxrepeat=3 maxsequence=3 enforce_for_root\n"
                         "password required pam_unix.so yescrypt use_authtok\n",
    "/etc/pam.d/login": "auth required pam_faillock.so preauth\nauth sufficient pam_unix.so\n"
                        "auth required pam_faillock.so authfail\n",
    "/etc/pam.d/sshd": "auth include login\n",
}
OURS = {"accounts", "files", "lockout", "password", "shadow", "sshd", "sudo"}


@pytest.fixture(scope="module")
def checks() -> tuple[Check, ...]:
    return tuple(one for one in shipped().checks if one.area in ("identity", "privilege", "devices", "logging")
                 and {name.partition(".")[0] for example in one.examples for name in example.facts} <= OURS)


def seen_by_all(host: FakeHost) -> Facts:
    facts: Facts = {}
    for collector in COLLECTORS:
        try:
            facts |= observe(collector, collector.collect(host, Declared()), NOW, Declared())
        except LookError as error:
            facts |= failed(collector, error.missing, Declared())
    return facts


def verdicts(checks: tuple[Check, ...], changes: Mapping[str, str | bytes] | None = None,
             stats: Mapping[str, dict[str, Any]] | None = None, kind: str = "image") -> dict[str, Verdict]:
    host = FakeHost({**HARDENED, **(changes or {})}, stats={**STATS, **(stats or {})}, now=NOW, kind=kind)
    facts = seen_by_all(host)
    return {check.id: judge(check, facts, Context(now=NOW)).verdict for check in checks}


def append(path: str, text: str) -> dict[str, str]:
    before = HARDENED[path]
    assert isinstance(before, str)
    return {path: before + text}


def replace(path: str, old: str, new: str) -> dict[str, str]:
    before = HARDENED[path]
    assert isinstance(before, str)
    assert old in before
    return {path: before.replace(old, new)}


def test_a_hardened_machine_fails_only_what_it_lacks(checks):
    found = verdicts(checks)
    assert len(found) >= 35
    assert {name for name, verdict in found.items() if verdict is Verdict.FAIL} == {"identity/ssh-mfa"}
    assert {name for name, verdict in found.items() if verdict is Verdict.UNKNOWN} == {
        "devices/ssh-configuration-loaded", "identity/no-dormant-accounts"}


PLANTED: list[tuple[str, Callable[[], Mapping[str, str | bytes]], dict[str, dict[str, Any]], set[str]]] = [
    ("root login over SSH", lambda: {"/etc/ssh/sshd_config.d/10-x.conf": "PermitRootLogin yes\n"}, {},
     {"identity/ssh-no-root-login"}),
    ("root login over SSH where passwords are on",
     lambda: {"/etc/ssh/sshd_config.d/10-x.conf": "PermitRootLogin yes\nPasswordAuthentication yes\n"}, {},
     {"identity/ssh-no-root-login", "identity/ssh-no-root-password-login", "identity/ssh-no-password-authentication"}),
    ("password authentication", lambda: {"/etc/ssh/sshd_config.d/10-x.conf": "PasswordAuthentication yes\n"}, {},
     {"identity/ssh-no-password-authentication"}),
    ("NOPASSWD ALL", lambda: {"/etc/sudoers.d/90-x": "alice ALL=(ALL) NOPASSWD: ALL\n"}, {},
     {"privilege/sudo-no-passwordless-root", "privilege/sudo-no-nopasswd", "privilege/sudo-all-limited",
      "privilege/sudo-people-not-as-root"}),
    ("an editor without a password",
     lambda: {"/etc/sudoers.d/90-x": "%ops ALL=(root) NOPASSWD: /usr/bin/vim /etc/hosts\n"},
     {}, {"privilege/sudo-no-passwordless-root", "privilege/sudo-no-nopasswd"}),
    ("a way around sudo's password", lambda: {"/etc/pam.d/sudo": "auth sufficient pam_succeed_if.so uid = 1000\n"}, {},
     {"privilege/sudo-asks-through-pam"}),
    ("a setting sshd refuses", lambda: {"/etc/ssh/sshd_config.d/10-x.conf": "TCPKeepAlive maybe\n"}, {},
     {"devices/ssh-configuration-accepted"}),
    ("NOPASSWD ALL for the administrators", lambda: {"/etc/sudoers.d/90-x": "%sudo ALL=(ALL) NOPASSWD: ALL\n"}, {},
     {"privilege/sudo-no-passwordless-root", "privilege/sudo-no-nopasswd"}),
    ("a second uid 0", lambda: append("/etc/passwd", "toor:x:0:0::/root:/bin/bash\n"), {},
     {"identity/only-root-has-uid-0", "identity/unique-account-numbers"}),
    ("an empty password", lambda: replace("/etc/shadow", HASH, ""), {},
     {"identity/no-empty-passwords", "identity/strong-password-hashes"}),
    ("an empty password of a service", lambda: replace("/etc/shadow", "daemon:*", "daemon:"), {},
     {"identity/no-empty-passwords", "identity/strong-password-hashes"}),
    ("an MD5 hash", lambda: replace("/etc/shadow", HASH, "$1$0iB6nj0M$Y9YKR2IG.BfwypPPVt59h1"), {},
     {"identity/strong-password-hashes"}),
    ("a world-writable file in /etc", lambda: {"/etc/app/own.conf": ""}, {"/etc/app/own.conf": {"mode": 0o666}},
     {"privilege/no-world-writable-etc"}),
    ("a shadow everybody reads", dict, {"/etc/shadow": {"mode": 0o644}}, {"privilege/shadow-permissions"}),
    ("a duplicate number", lambda: append("/etc/passwd", "eve:x:1000:1000::/:/bin/bash\n"), {},
     {"identity/unique-account-numbers"}),
    ("sudo without passwords by default", lambda: {"/etc/sudoers.d/90-x": "Defaults !authenticate\n"}, {},
     {"privilege/sudo-authenticates", "privilege/sudo-no-nopasswd"}),
    ("weak ciphers", lambda: {"/etc/ssh/sshd_config.d/10-x.conf": "Ciphers +aes256-cbc\n"}, {},
     {"devices/ssh-strong-algorithms", "devices/ssh-approved-ciphers"}),
    ("short passwords", lambda: replace("/etc/pam.d/passwd", "minlen=16", "minlen=8"), {},
     {"identity/password-length"}),
    ("no lockout", lambda: {"/etc/pam.d/login": "auth required pam_unix.so\n"}, {},
     {"identity/lockout", "identity/lockout-lasts"}),
]


@pytest.mark.parametrize(("changes", "stats", "named"), [one[1:] for one in PLANTED], ids=[one[0] for one in PLANTED])
def test_a_planted_fault_fails_the_checks_named_for_it_and_no_other(checks, changes, stats, named):
    before, after = verdicts(checks), verdicts(checks, changes(), stats)
    assert {name for name in after if after[name] is Verdict.FAIL} - {
        name for name in before if before[name] is Verdict.FAIL} == named
    turned = {name for name in after if after[name] is not before[name]} - named
    assert all(after[name] is Verdict.UNKNOWN for name in turned), turned


def test_whoever_cannot_read_gains_no_pass(checks):
    whole = verdicts(checks)
    host = FakeHost(HARDENED, stats=STATS, now=NOW, kind="live", denied={
        "/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/sudoers.d", "/var/log/wtmp"})
    facts = seen_by_all(host)
    seen = {check.id: judge(check, facts, Context(now=NOW)).verdict for check in checks}
    assert {name for name, verdict in seen.items() if verdict is Verdict.PASS} <= {
        name for name, verdict in whole.items() if verdict is Verdict.PASS}
    for name in ("identity/no-empty-passwords", "privilege/sudo-no-passwordless-root",
                 "privilege/no-world-writable-etc"):
        assert seen[name] is Verdict.UNKNOWN


def test_a_machine_without_ssh_and_sudo_has_nothing_to_judge_there(checks):
    files = {path: data for path, data in HARDENED.items() if "/ssh" not in path and "sudo" not in path}
    host = FakeHost(files, now=NOW)
    facts = seen_by_all(host)
    for check in checks:
        if "/ssh-" in check.id or "/sudo-" in check.id:
            assert judge(check, facts, Context(now=NOW)).verdict is Verdict.NOT_APPLICABLE, check.id
