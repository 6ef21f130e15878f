"""Whether the newest kernel runs, and whether a restart is due."""

from datetime import UTC, datetime

import pytest

from collectors import kernel
from collectors.base import ABSENT
from collectors.host.protocol import Output, Unreadable
from hustings.declared import Declared
from hustings.facts import Reason
from tests.fakes import FakeHost

STAT = "cpu  1 2 3\nctxt 1\nbtime 1795315307\nprocesses 2\n"
BOOT = datetime.fromtimestamp(1795315307, UTC)
ASKER = {"/etc/kernel/postinst.d/unattended-upgrades": "#!/bin/sh\n"}
RPM = ("rpm", "-qa", "--qf", "%{NAME}\\t%{INSTALLTIME}\\n")


def facts(running="6.1.0-38-amd64", installed=(), files=None, **given):
    content = {"/proc/sys/kernel/osrelease": f"{running}\n", "/proc/stat": STAT}
    content |= {f"/lib/modules/{one}/modules.dep": "" for one in installed} | (files or {})
    return kernel.collect(FakeHost(content, **given), Declared())


@pytest.mark.parametrize(("running", "installed", "expected"), [
    ("6.1.0-38-amd64", ["6.1.0-9-amd64", "6.1.0-40-amd64", "6.1.0-38-amd64"], "6.1.0-40-amd64"),
    ("6.1.0-38-amd64", ["6.1.0-38-amd64", "6.12.9-1-cloud-amd64", "6.1.0-41-rt-amd64"], "6.1.0-38-amd64"),
    ("6.8.0-60-generic", ["6.8.0-100-generic", "6.8.0-60-generic", "6.11.0-1-lowlatency"], "6.8.0-100-generic"),
    ("5.14.0-427.el9.x86_64", ["5.14.0-427.el9.x86_64", "5.14.0-427.13.1.el9_4.x86_64"],
     "5.14.0-427.13.1.el9_4.x86_64"),
    ("6.1.0-38-amd64", ["6.1.0-40-amd64"], "6.1.0-40-amd64"),
    ("6.18.44-fc-v669", ["6.1.0-40-amd64"], None),
    ("6.18.44-fc-v669", [], None),
])
def test_the_newest_kernel_is_that_of_the_running_flavour(running, installed, expected):
    assert kernel.newest(running, installed) == expected
    seen = facts(running, installed)["kernel.newest_installed"]
    assert seen == expected if expected else seen is ABSENT


def test_what_is_left_of_a_removed_kernel_is_none():
    seen = facts(installed=["6.1.0-38-amd64"], files={"/lib/modules/6.1.0-40-amd64/updates/dkms/x.ko": ""})
    assert seen["kernel.newest_installed"] == "6.1.0-38-amd64"


def test_a_restart_is_due_since_it_was_asked_for():
    since = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
    seen = facts(files={"/run/reboot-required": ""}, stats={"/run/reboot-required": {"mtime": since}})
    assert seen["kernel.restart_pending_since"] == "2026-11-20T04:00:00Z"
    assert facts(files=ASKER)["kernel.restart_pending_since"] is ABSENT


def test_where_nothing_would_ask_for_a_restart_its_absence_says_nothing():
    assert facts()["kernel.restart_pending_since"].reason is Reason.UNSUPPORTED


def test_with_rpm_a_restart_is_due_since_a_core_package_was_installed():
    def since(listing):
        commands = {RPM: Output(0, listing, "")}
        return facts(dirs=["/usr/lib/sysimage/rpm"], commands=commands)["kernel.restart_pending_since"]

    assert since("bash\t1795318824\nglibc\t1795300000\n") is ABSENT
    assert since("glibc\t1795318824\nkernel-core\t1795319000\n") == "2026-11-22T03:40:24Z"
    assert since("error\n").reason is Reason.ERROR


def test_the_start_is_read_from_proc_and_garbage_is_an_error():
    assert facts()["kernel.booted"] == "2026-11-22T02:41:47Z"
    assert kernel.parse_boot_time(STAT) == BOOT
    with pytest.raises(Unreadable):
        kernel.parse_boot_time("cpu 1\n")
    with pytest.raises(Unreadable):
        kernel.flavour("unknown")


@pytest.mark.parametrize(("build", "version"), [
    ("#1 SMP PREEMPT_DYNAMIC Debian 6.1.153-1 (2025-09-20)", "6.1.153-1"),
    ("#1 SMP Debian 5.10.216-1 (2024-05-03)", "5.10.216-1"),
    ("#45~22.04.1-Ubuntu SMP PREEMPT_DYNAMIC Wed Jul 15 10:00:00 UTC 2026", None),
    ("#1 SMP PREEMPT_DYNAMIC Tue Oct 7 2025", None)])
def test_the_running_kernels_own_version_is_read_where_it_says_it(build, version):
    assert kernel.package_version(build) == version


def test_suse_asks_for_a_restart_by_a_file_of_its_own():
    asked = datetime(2026, 11, 20, 8, tzinfo=UTC)
    host = FakeHost({"/proc/stat": STAT, "/run/reboot-needed": ""}, stats={"/run/reboot-needed": {"mtime": asked}})
    assert kernel.collect(host, Declared())["kernel.restart_pending_since"] == "2026-11-20T08:00:00Z"
