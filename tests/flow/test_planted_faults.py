"""Ground truth: plant a fault on this machine, and exactly the checks named for it turn.

The machine is put in order first (in a private copy), so that each fault turns a pass into a fail;
any other check may at most turn unknown; without the fault everything is as before.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.flow.planting import audit_with, possible

pytestmark = [
    pytest.mark.skipif(bool(possible()), reason=possible() or "possible"),
    pytest.mark.skipif(shutil.which("dpkg") is None, reason="the faults are planted the Debian way"),
    pytest.mark.skipif(os.environ.get("CI") != "true" and shutil.which("sshd", path="/usr/sbin:/usr/bin") is None,
                       reason="sshd is not installed (apt-get install openssh-server)"),
]

IN_ORDER = r"""
mkdir -p /run/sshd /etc/ssh/sshd_config.d
cat > /etc/ssh/sshd_config <<'END'
Include /etc/ssh/sshd_config.d/*.conf
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM yes
END
rm -f /etc/ssh/sshd_config.d/*
[ -e /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
mkdir -p /var/lib/apt/lists
rm -rf /var/lib/apt/lists/*
suite=$(. /etc/os-release; echo "$VERSION_CODENAME")
arch=$(dpkg --print-architecture)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://security.example/debian-security" \
     "$suite-security main" > /etc/apt/sources.list
lists=/var/lib/apt/lists/security.example_debian-security_dists_$suite-security
cat > "${lists}_InRelease" <<END
-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

Origin: Debian
Label: Debian-Security
Suite: oldstable-security
Codename: $suite-security
Date: $(date -u '+%a, %d %b %Y %H:%M:%S UTC')
Valid-Until: $(date -u -d '+7 days' '+%a, %d %b %Y %H:%M:%S UTC')
Architectures: $arch
Components: main
Description: made for a test
-----BEGIN PGP SIGNATURE-----

-----END PGP SIGNATURE-----
END
packages="${lists}_main_binary-${arch}_Packages"
printf 'Package: nothing-installed\nVersion: 1.0\nArchitecture: %s\n\n' "$arch" > "$packages"
"""


@dataclass(frozen=True)
class Fault:
    """Shell commands that plant it, and the checks it turns with what their ``actual`` must say."""

    plant: str
    turns: dict[str, str]
    rests_on_it: frozenset[str] = frozenset()
    """Checks that must turn unknown."""


FAULTS = {
    "root may log in over SSH": Fault(
        "echo 'PermitRootLogin yes' > /etc/ssh/sshd_config.d/00-fault.conf",
        {"identity/ssh-no-root-login": "permit_root_login = yes"}),
    "password authentication is on": Fault(
        "echo 'PasswordAuthentication yes' > /etc/ssh/sshd_config.d/00-fault.conf",
        {"identity/ssh-no-password-authentication": "password_authentication = yes"}),
    "sudo without a password for everything": Fault(
        "echo 'deputy ALL=(ALL:ALL) NOPASSWD: ALL' > /etc/sudoers.d/fault; chmod 440 /etc/sudoers.d/fault",
        {"privilege/sudo-no-nopasswd": "deputy", "privilege/sudo-no-passwordless-root": "deputy"}),
    "a second account with uid 0": Fault(
        "echo 'toor:x:0:0::/root:/bin/bash' >> /etc/passwd; echo 'toor:*:20000:0:99999:7:::' >> /etc/shadow",
        {"identity/only-root-has-uid-0": "toor"}),
    "an account with an empty password": Fault(
        "echo 'clerk:x:4711:4711::/home/clerk:/bin/bash' >> /etc/passwd; echo 'clerk:x:4711:' >> /etc/group;"
        " echo 'clerk::20000:0:99999:7:::' >> /etc/shadow",
        {"identity/no-empty-passwords": "clerk"}),
    "a file in /etc that everyone may write": Fault(
        "touch /etc/fault.conf; chmod 666 /etc/fault.conf",
        {"privilege/no-world-writable-etc": "/etc/fault.conf"}),
    "stale package lists": Fault(
        "sed -i \"s/^Date: .*/Date: $(date -u -d '-20 days' '+%a, %d %b %Y %H:%M:%S UTC')/\""
        " /var/lib/apt/lists/*InRelease; touch -d '-20 days' /var/lib/apt/lists/*InRelease",
        {"patching/lists-fresh": "lists_updated"}, frozenset({"patching/security-updates"})),
    "an operating system out of support": Fault(
        "rm /etc/os-release; printf 'ID=debian\\nVERSION_ID=\"10\"\\nNAME=\"Debian GNU/Linux\"\\n"
        "PRETTY_NAME=\"Debian GNU/Linux 10 (buster)\"\\nVERSION_CODENAME=buster\\n' > /etc/os-release",
        {"patching/os-supported": ""}),
}
MAY_FOLLOW = {
    "sudo without a password for everything": {"privilege/sudo-all-limited", "privilege/few-administrators",
                                               "privilege/sudo-people-not-as-root"},
    "a second account with uid 0": {"identity/unique-account-numbers", "privilege/few-administrators",
                                    "privilege/only-root-in-group-0"},
    "an account with an empty password": {"identity/strong-password-hashes", "privilege/home-directories-exist"},
    "root may log in over SSH": {"identity/ssh-no-root-password-login", "identity/ssh-mfa"},
    "password authentication is on": {"identity/ssh-mfa"},
    "an operating system out of support": {"patching/os-support-24-months", "patching/runtimes-supported",
                                           "patching/database-servers-supported", "patching/browser-supported"},
}
"""Other checks that judge the very same fault from another side."""


AS_AN_IMAGE = ("--root", "/", "--no-sweep")
"""The same files taken for a mounted image: nothing of the running system may be asked."""


@pytest.fixture(scope="module", params=[(), AS_AN_IMAGE], ids=["live", "image"])
def how(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return tuple(request.param)


@pytest.fixture(scope="module")
def in_order(how: tuple[str, ...]) -> dict[str, Any]:
    return audit_with(IN_ORDER, *how)


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_turns_its_checks_and_no_others(name: str, how: tuple[str, ...],
                                                        in_order: dict[str, Any]) -> None:
    fault = FAULTS[name]
    faulty = audit_with(f"{IN_ORDER}\n{fault.plant}", *how)
    for check, actual in fault.turns.items():
        assert in_order[check]["verdict"] == "pass", in_order[check]
        assert faulty[check]["verdict"] == "fail", faulty[check]
        assert actual in faulty[check]["actual"]
        assert faulty[check]["expected"]
    for check in fault.rests_on_it:
        assert in_order[check]["verdict"] == "pass", in_order[check]
        assert faulty[check]["verdict"] == "unknown", faulty[check]
    followers = fault.turns.keys() | MAY_FOLLOW.get(name, set())
    turned = {check: (in_order[check]["verdict"], row["verdict"], row["actual"]) for check, row in faulty.items()
              if check not in followers and row["verdict"] not in (in_order[check]["verdict"], "unknown")}
    assert turned == {}


def test_without_the_fault_everything_is_as_before(how: tuple[str, ...], in_order: dict[str, Any]) -> None:
    again = audit_with(IN_ORDER, *how)
    assert {check: row["verdict"] for check, row in again.items()} == {
        check: row["verdict"] for check, row in in_order.items()}


def test_no_backup_and_unencrypted_data_are_faults_of_what_is_declared(tmp_path: Path) -> None:
    machine = tmp_path / "machine.yaml"
    machine.write_text("roles: [registration-db]\ndata_paths:\n  - {name: voter data, path: /etc}\n",
                       encoding="utf-8")
    seen = audit_with("true", "--config", str(machine))
    assert seen["backups/declared"]["verdict"] == "fail"
    assert seen["devices/data-encrypted"]["verdict"] in ("fail", "unknown")
