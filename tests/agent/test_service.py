"""Installing leaves exactly what it says, and uninstalling leaves nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent import service, steps, units
from agent.service import Machine
from agent.steps import Command
from collectors.discovery import discover
from collectors.host.protocol import Platform
from hustings.errors import CannotFinish, UsageError

COMMAND = ["/opt/hustings/bin/python3", "-I", "-m", "hustings", "agent", "once", "--if-due"]
STATE = Path("/var/lib/hustings")
needs_root = pytest.mark.skipif(os.geteuid() != 0 or shutil.which("useradd", path="/usr/sbin:/sbin") is None,
                                reason="making an account needs root and useradd")


def machine(**changes: object) -> Machine:
    known: dict[str, object] = {"root": Path("/"), "state": STATE, "account": "hustings", "account_exists": False,
                                "systemd": True}
    return Machine(**(known | changes))  # type: ignore[arg-type]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The top of a small file system, as a package manager left it."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (tmp_path / "etc/group").write_text("root:x:0:\n")
    (tmp_path / "etc/shadow").write_text("root:*:19000::::::\n")
    (tmp_path / "etc/gshadow").write_text("root:*::\n")
    return tmp_path


def hustings(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "hustings", "agent", *args], capture_output=True, text=True,
                          check=False, timeout=60)


def everything(root: Path) -> set[str]:
    """All paths below ``root``; the account tools' own backups and locks aside."""
    return {str(one.relative_to(root)) for one in root.rglob("*")
            if (not one.name.endswith(("-", ".lock")) and one.is_file()) or one.is_symlink()}


def test_a_dry_run_shows_all_and_changes_nothing(root: Path) -> None:
    before = everything(root)
    said = hustings("install", "--dry-run", "--root", str(root))
    if "could make the agent's account run other code" in said.stderr:
        pytest.skip("this interpreter stands where others than root may write")
    assert said.returncode == 0, said.stderr
    for word in ("useradd", "hustings-agent.service", "hustings-agent.timer", "NoNewPrivileges=yes", str(STATE)):
        assert word in said.stdout
    assert everything(root) == before


@needs_root
def test_what_is_installed_is_uninstalled_without_a_trace(root: Path) -> None:
    before, passwd = everything(root), (root / "etc/passwd").read_text()
    done = hustings("install", "--root", str(root))
    if "could make the agent's account run other code" in done.stderr:
        pytest.skip("this interpreter stands where others than root may write")
    assert done.returncode == 3
    assert "systemd does not run here" in done.stderr
    assert "runuser -u hustings" in done.stderr
    assert "CAP_NET_ADMIN" in done.stdout
    uid = int((root / "etc/passwd").read_text().splitlines()[-1].split(":")[2])
    state = root / "var/lib/hustings"
    assert (state.stat().st_uid, state.stat().st_mode & 0o777) == (uid, 0o700)
    (state / "agent.json").write_text("{}")
    (state / "spool").mkdir()
    again = hustings("install", "--root", str(root))
    assert again.returncode == 3, "a second install finds all in place"
    assert (state / "agent.json").stat().st_uid == uid
    gone = hustings("uninstall", "--root", str(root), "--yes")
    assert gone.returncode == 0, gone.stderr
    assert everything(root) == before
    assert (root / "etc/passwd").read_text() == passwd
    assert not state.exists()
    assert hustings("uninstall", "--root", str(root), "--yes").returncode == 0


@needs_root
def test_uninstalling_may_keep_the_state(root: Path) -> None:
    hustings("install", "--root", str(root))
    if not (root / "var/lib/hustings").exists():
        pytest.skip("this interpreter stands where others than root may write")
    (root / "var/lib/hustings/agent.json").write_text("{}")
    assert hustings("uninstall", "--root", str(root), "--keep-state").returncode == 0
    assert (root / "var/lib/hustings/agent.json").exists()
    assert not (root / "etc/systemd/system/hustings-agent.timer").exists()


@needs_root
@pytest.mark.parametrize("verb", [("install",), ("uninstall", "--yes")])
def test_a_directory_with_other_things_in_it_is_neither_given_away_nor_deleted(root: Path,
                                                                               verb: tuple[str, ...]) -> None:
    (root / "srv/votes").mkdir(parents=True)
    (root / "srv/votes/roll.csv").write_text("x")
    done = hustings(*verb, "--root", str(root), "--state", "/srv/votes")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert (root / "srv/votes/roll.csv").stat().st_uid == 0


def test_an_account_of_someone_else_is_not_taken(root: Path) -> None:
    with (root / "etc/passwd").open("a") as file:
        file.write("hustings:x:1000:1000::/home/hustings:/bin/bash\n")
    done = hustings("uninstall", "--root", str(root), "--yes")
    assert done.returncode == 2
    assert "--account" in done.stderr


def test_on_a_running_systemd_the_timer_is_started_last() -> None:
    plan = service.install(machine(), COMMAND, ())
    assert [step.argv for step in plan if isinstance(step, Command)][1:] == [
        ("systemctl", "daemon-reload"), ("systemctl", "start", "hustings-agent.timer")]
    assert plan[-1] == Command(("systemctl", "start", "hustings-agent.timer"))


def test_every_capability_but_reading_must_be_asked_for_and_of_use() -> None:
    collectors = discover(Platform.LINUX)
    assert "CAP_NET_ADMIN" in service.grantable(collectors)
    assert "firewall.ipv4_default" in service.grantable(collectors)["CAP_NET_ADMIN"]
    assert service.check_granted(["CAP_NET_ADMIN"], collectors) == ("CAP_NET_ADMIN",)
    with pytest.raises(UsageError, match="CAP_SYS_ADMIN"):
        service.check_granted(["CAP_SYS_ADMIN"], collectors)


def test_what_the_unit_grants_can_be_read_back() -> None:
    text = units.service(COMMAND, "hustings", STATE, (units.READ_ALL, "CAP_NET_ADMIN"))
    assert units.capabilities(text) == (units.READ_ALL, "CAP_NET_ADMIN")
    assert units.capabilities("") == (units.READ_ALL,)


def test_the_unit_outlasts_collectors_that_all_take_as_long_as_they_may() -> None:
    text = units.service(COMMAND, "hustings", STATE, (units.READ_ALL,))
    hours = re.search(r"^TimeoutStartSec=(\d+)h$", text, re.MULTILINE)
    assert hours is not None
    assert sum(one.timeout for one in discover(Platform.LINUX)) < 3600 * int(hours[1])


def test_a_percent_or_dollar_in_a_path_means_itself() -> None:
    text = units.service(["/opt/100%/$x/python"], "hustings", STATE, (units.READ_ALL,))
    assert "ExecStart='/opt/100%%/$$x/python'" in text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_takes_the_units_and_finds_them_hardened(tmp_path: Path) -> None:
    program = tmp_path / "python3"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / "hustings-agent.service").write_text(
        units.service([str(program), "-I"], "root", STATE, (units.READ_ALL,)))
    (tmp_path / "hustings-agent.timer").write_text(units.timer())
    both = [str(tmp_path / "hustings-agent.service"), str(tmp_path / "hustings-agent.timer")]
    verified = subprocess.run(["systemd-analyze", "verify", *both], capture_output=True, text=True, check=False)
    assert verified.returncode == 0, verified.stderr
    assert not [line for line in verified.stderr.splitlines() if "hustings" in line]
    judged = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=30", both[0]],
                            capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout[-400:]


def test_a_program_others_may_change_is_not_installed(tmp_path: Path) -> None:
    program = tmp_path / "python3"
    program.write_text("")
    program.chmod(0o777)
    assert str(program) in service.exposed(program)


@pytest.mark.skipif(os.geteuid() != 0, reason="a file of root's needs root")
def test_a_program_below_a_directory_others_may_write_to_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o777)
    (tmp_path / "open").chmod(0o777)
    program = tmp_path / "open/python3"
    program.write_text("")
    assert "open" in service.exposed(program)
    (tmp_path / "open").chmod(0o755)
    assert "open" not in service.exposed(program)


def test_a_step_that_fails_says_which_and_why(root: Path) -> None:
    hands = steps.Hands(root)
    with pytest.raises(CannotFinish, match="false"):
        hands.perform([Command(("false",))])
    hands.perform([Command(("false",), may_fail=True), Command(("no-such-program-here",), may_fail=True)])
    with pytest.raises(CannotFinish, match="cannot be run"):
        hands.perform([Command(("no-such-program-here",))])
    with pytest.raises(CannotFinish, match="was not made"):
        hands.perform([steps.Give(STATE, "nobody-here")])
