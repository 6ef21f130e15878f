"""Sockets, clock, kernel, firmware, USB, radios, name servers and protection."""

from datetime import UTC, datetime

import pytest

from collectors import (
    anti_malware,
    boot_security,
    kernel_hardening,
    listening,
    mandatory_access_control,
    name_resolution,
    processes,
    removable_media,
    time_sync,
    wireless,
)
from collectors.base import ABSENT
from collectors.host.protocol import Denied, LookError, NotThere, Output, Socket, Unreadable, Unsupported
from hustings.declared import Declared
from hustings.facts import Missing, Reason
from tests.collectors.captured import captured
from tests.fakes import FakeHost

NONE = Declared()


def daemons(**programs: tuple[str, int]) -> dict[str, str]:
    """``/proc`` of a machine where these programs run: name → (NSpid, uid)."""
    files = {"/proc/1/cmdline": "/sbin/init\0", "/proc/1/status": "Name:\tinit\nUid:\t0\t0\t0\t0\nNSpid:\t1\n",
             "/proc/2/cmdline": ""}
    for number, (name, (pids, uid)) in enumerate(programs.items(), 100):
        files[f"/proc/{number}/cmdline"] = f"/usr/sbin/{name.replace('_', '-')}\0--foreground\0"
        files[f"/proc/{number}/status"] = f"Name:\t{name[:15]}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nNSpid:\t{pids}\n"
    return files


def test_a_daemon_counts_if_it_is_the_machines_own_and_not_a_users():
    files = daemons(chronyd=("100", 105), auditd=("101 7", 0), clamd=("102", 1000))
    assert processes.running(FakeHost(files), ["chronyd", "auditd", "clamd", "rsyslogd"]) == {"chronyd"}


def test_hidden_processes_are_denied_and_an_image_has_none():
    own = {"/proc/4000/cmdline": "bash\0", "/proc/4000/status": "Uid:\t1\t1\t1\t1\n"}
    with pytest.raises(Denied):
        processes.running(FakeHost(own), ["auditd"])
    with pytest.raises(Unsupported):
        processes.running(FakeHost(daemons(), kind="image"), ["auditd"])
    with pytest.raises(Denied):
        processes.running(FakeHost(daemons(auditd=("9", 0)), denied={"/proc/100/status"}), ["auditd"])


@pytest.mark.parametrize(("address", "scope"), [
    ("0.0.0.0", "any"), ("::", "any"), ("*", "any"), ("::ffff:0.0.0.0", "any"), ("127.0.0.1", "loopback"),
    ("127.0.0.53%lo", "loopback"), ("::1", "loopback"), ("::ffff:127.0.0.1", "loopback"), ("fe80::1%eth0", "link"),
    ("192.0.2.7", "address"), ("2001:db8::7", "address"),
])
def test_an_address_says_from_how_far_a_socket_is_reached(address, scope):
    assert listening.scope(address) == scope


def test_a_socket_whose_owner_is_hidden_is_still_a_socket():
    sockets = [Socket("tcp", "0.0.0.0", 22, 7, "sshd"), Socket("tcp", "0.0.0.0", 22, 8, "sshd"),
               Socket("tcp", "::", 5432, None, "")]
    seen = listening.collect(FakeHost(sockets=sockets), NONE)["listening.sockets"]
    assert [(one["port"], one["scope"]) for one in seen.items] == [(22, "any"), (5432, "any")]
    assert seen.items[0]["program"] == "sshd"
    assert seen.items[1]["program"].reason is Reason.DENIED
    with pytest.raises(Denied):
        listening.collect(FakeHost(sockets=Denied("sockets")), NONE)


def clock(answer: Output | LookError | None = None, files: dict[str, str] | None = None, **stats: object):
    commands = {("chronyc", "-c", "tracking"): answer} if answer is not None else {}
    return time_sync.collect(FakeHost(files or daemons(chronyd=("100", 105)), commands=commands, **stats), NONE)


def test_a_clock_in_step_is_dated_by_its_reference():
    seen = clock(Output(0, captured("devices/chronyc-tracking.txt"), ""))
    assert (seen["time.service"], seen["time.synchronised"]) == ("chrony", True)
    assert seen["time.last_sync"] == "2026-11-22T03:16:57Z"
    assert 0 <= seen["time.offset"] < 0.001


def ntpd(said: str) -> dict[str, object]:
    commands = {("ntpq", "-c", "rv", "127.0.0.1"): Output(0, said, "")}
    return time_sync.collect(FakeHost(daemons(ntpd=("100", 105)), commands=commands), NONE)


def test_ntpd_is_asked_for_its_state():
    seen = ntpd(captured("devices/ntpq-synchronised.txt"))
    assert (seen["time.service"], seen["time.synchronised"]) == ("ntpd", True)
    assert seen["time.last_sync"] == "2026-11-22T07:04:04Z"
    assert seen["time.offset"] == pytest.approx(0.000015159)


@pytest.mark.parametrize("name", ["ntpq-unsynchronised", "ntpq-local"])
def test_an_ntpd_without_another_machines_time_is_not_in_step(name):
    assert ntpd(captured(f"devices/{name}.txt"))["time.synchronised"] is False


def test_an_answer_of_ntpd_that_is_none_is_an_error():
    assert isinstance(ntpd("ntpq: read: Connection refused\n")["time.synchronised"], Missing)


@pytest.mark.parametrize("name", ["chronyc-unsynchronised", "chronyc-local"])
def test_a_clock_without_a_source_or_with_itself_as_source_is_not_in_step(name):
    seen = clock(Output(0, captured(f"devices/{name}.txt"), ""))
    assert seen["time.synchronised"] is False
    assert seen["time.last_sync"] is ABSENT


def test_a_daemon_that_does_not_answer_leaves_the_clock_unknown():
    seen = clock(LookError(Reason.ERROR, "506 Cannot talk to daemon"))
    assert seen["time.service"] == "chrony"
    assert isinstance(seen["time.synchronised"], Missing)
    assert isinstance(clock(Output(0, "506 Cannot talk", ""))["time.synchronised"], Missing)


def test_a_clock_that_nobody_sets_is_known_to_be_so():
    assert clock(files=daemons()) == {"time.service": "none", "time.synchronised": False, "time.last_sync": ABSENT,
                                      "time.offset": ABSENT}


def test_timesyncd_is_in_step_once_its_stamp_exists():
    running = daemons(**{"systemd-timesyncd": ("100", 997)})
    assert clock(files=running)["time.synchronised"] is False
    stamp = "/run/systemd/timesync/synchronized"
    seen = clock(files={**running, stamp: ""}, stats={stamp: {"mtime": datetime(2026, 11, 21, 23, tzinfo=UTC)}})
    assert (seen["time.synchronised"], seen["time.last_sync"]) == (True, "2026-11-21T23:00:00Z")


def test_another_time_daemon_runs_but_is_not_asked():
    seen = clock(files=daemons(ptp4l=("100", 0)))
    assert seen["time.service"] == "ptp4l"
    assert seen["time.synchronised"].reason is Reason.UNSUPPORTED


def sysctl(**changes: str) -> dict[str, str]:
    values = {"kernel/randomize_va_space": "2", "net/ipv4/ip_forward": "0", "net/ipv4/conf/all/accept_redirects": "0",
              "net/ipv4/conf/eth0/accept_redirects": "0", "net/ipv4/conf/all/accept_source_route": "0",
              "net/ipv4/conf/eth0/accept_source_route": "1", "net/ipv6/conf/all/accept_redirects": "1",
              "net/ipv6/conf/eth0/accept_redirects": "0", "net/ipv6/conf/all/accept_source_route": "0",
              "net/ipv6/conf/eth0/accept_source_route": "0", **changes}
    return {f"/proc/sys/{name}": value + "\n" for name, value in values.items()}


def test_settings_of_the_kernel_are_numbers_and_what_it_lacks_is_absent():
    seen = kernel_hardening.collect(FakeHost(sysctl()), NONE)
    assert seen["network.syncookies"] is ABSENT
    on = FakeHost(sysctl(**{"net/ipv4/tcp_syncookies": "1"}))
    assert kernel_hardening.collect(on, NONE)["network.syncookies"] == 1
    assert seen["network.accepts_redirects"] is False
    assert seen["network.accepts_source_routes"] is False


@pytest.mark.parametrize(("changes", "redirects", "routes"), [
    ({"net/ipv4/conf/eth0/accept_redirects": "1"}, True, False),
    ({"net/ipv4/conf/all/accept_redirects": "1"}, True, False),
    ({"net/ipv4/conf/eth0/accept_redirects": "1", "net/ipv4/ip_forward": "1"}, False, False),
    ({"net/ipv4/conf/all/accept_source_route": "1"}, False, True),
    ({"net/ipv6/conf/eth0/accept_redirects": "1"}, True, False),
])
def test_the_interfaces_own_value_and_that_of_all_are_combined_as_the_kernel_does(changes, redirects, routes):
    seen = kernel_hardening.collect(FakeHost(sysctl(**changes)), NONE)
    assert (seen["network.accepts_redirects"], seen["network.accepts_source_routes"]) == (redirects, routes)


def test_a_setting_that_cannot_be_read_is_a_reason_and_without_proc_none_is_absent():
    seen = kernel_hardening.collect(FakeHost(sysctl(**{"net/ipv4/tcp_syncookies": "1"}),
                                            denied={"/proc/sys/net/ipv4/tcp_syncookies"}), NONE)
    assert seen["network.syncookies"].reason is Reason.DENIED
    assert all(isinstance(one, Missing) or one is False for one in kernel_hardening.collect(FakeHost(), NONE).values())


def test_where_no_network_setting_is_to_be_read_nothing_counts_as_refused():
    seen = kernel_hardening.collect(FakeHost(), NONE)
    assert isinstance(seen["network.accepts_redirects"], Missing)
    assert isinstance(seen["network.accepts_source_routes"], Missing)


EFI = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
BARE = {"/proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu vme sse2\n", "/sys/class/net/lo/mtu": ""}


def boot(files: dict[str, str | bytes]) -> dict[str, object]:
    return boot_security.collect(FakeHost({**BARE, **files}, dirs=["/sys/firmware"]), NONE)


def test_secure_boot_is_the_variables_last_byte():
    assert boot({EFI: b"\x06\0\0\0\x01"})["platform.secure_boot"] is True
    assert boot({EFI: b"\x06\0\0\0\0"})["platform.secure_boot"] is False
    assert boot({EFI: b"\x06\0"})["platform.secure_boot"].reason is Reason.ERROR


def test_firmware_without_the_variable_is_off_without_efi_absent_and_unmounted_unknown():
    assert boot({"/sys/firmware/efi/efivars/BootOrder-8be4": ""})["platform.secure_boot"] is False
    assert boot({})["platform.secure_boot"] is ABSENT
    assert boot({"/sys/firmware/efi/fw_platform_size": "64"})["platform.secure_boot"].reason is Reason.UNSUPPORTED


def test_a_chip_tells_its_version_and_a_processor_whether_it_is_virtual():
    assert boot({"/sys/class/tpm/tpm0/tpm_version_major": "2\n"})["platform.tpm"] == "2"
    assert boot({"/sys/class/tpm/tpm0/pcr": ""})["platform.tpm"] == "1"
    assert boot({})["platform.tpm"] is ABSENT
    assert boot({})["platform.virtual"] is False
    assert boot({"/proc/cpuinfo": "flags : fpu hypervisor\n"})["platform.virtual"] is True
    assert boot({"/proc/cpuinfo": "Features : fp asimd\n"})["platform.virtual"].reason is Reason.UNSUPPORTED


RELEASE = "6.1.0-40-amd64"
DRIVER = "kernel/drivers/usb/storage/usb-storage.ko:\n"


def usb(files: dict[str, str] | None = None, **more: str) -> str:
    known = {**daemons(), "/sys/bus/usb/drivers_probe": "", "/proc/sys/kernel/osrelease": RELEASE,
             f"/lib/modules/{RELEASE}/modules.dep": DRIVER, f"/lib/modules/{RELEASE}/modules.builtin": "",
             "/proc/modules": "ext4 1 0 - Live 0x0\n"}
    return removable_media.collect(FakeHost({**known, **(files or {}), **more}), NONE)["usb.storage_stopped_by"]


STOP = "/etc/modprobe.d/usb.conf"


@pytest.mark.parametrize(("files", "by"), [
    ({}, "nothing"),
    ({STOP: "install usb-storage /bin/false\n"}, "modprobe"),
    ({STOP: "install usb_storage /bin/true # no sticks\n"}, "modprobe"),
    ({STOP: "blacklist usb-storage\n"}, "nothing"),
    ({STOP: "blacklist usb-storage\nblacklist uas\n"}, "modprobe"),
    ({STOP: "#install usb-storage /bin/false\n"}, "nothing"),
    ({STOP: "install usb-storage /sbin/modprobe --ignore-install usb-storage\n"}, "nothing"),
    ({"/lib/modprobe.d/usb.conf": "install usb-storage /bin/false\n", STOP: "# replaced\n"}, "nothing"),
    ({STOP: "install usb-storage /bin/false\n", "/proc/modules": "usb_storage 1 0 - Live 0x0\n"}, "nothing"),
    ({STOP: "install usb-storage /bin/false\n", f"/lib/modules/{RELEASE}/modules.builtin": DRIVER}, "nothing"),
    ({f"/lib/modules/{RELEASE}/modules.dep": ""}, "no-module"),
    ({"/sys/module/usbcore/parameters/authorized_default": "0\n"}, "kernel"),
    ({"/sys/module/usbcore/parameters/authorized_default": "1\n"}, "nothing"),
])
def test_what_stops_a_usb_disk(files, by):
    assert usb(files) == by


def test_usbguard_stops_it_only_while_it_runs_and_blocks():
    conf = "/etc/usbguard/usbguard-daemon.conf"
    assert usb({conf: "ImplicitPolicyTarget=block\n"}) == "nothing"
    assert usb({**daemons(**{"usbguard-daemon": ("100", 0)}), conf: "ImplicitPolicyTarget=block\n"}) == "usbguard"
    assert usb({**daemons(**{"usbguard-daemon": ("100", 0)}), conf: "ImplicitPolicyTarget=allow\n"}) == "nothing"


def test_without_usb_there_is_nothing_to_stop_and_unknown_drivers_are_unknown():
    assert removable_media.collect(FakeHost(dirs=["/sys/bus/pci"]), NONE) == {"usb.storage_stopped_by": "no-usb"}
    known = {**daemons(), "/sys/bus/usb/drivers_probe": "", "/proc/sys/kernel/osrelease": RELEASE}
    with pytest.raises(Unsupported):
        removable_media.collect(FakeHost(known), NONE)


def test_radios_are_on_unless_a_switch_of_their_own_blocks_them():
    files = {"/sys/class/net/lo/mtu": "", "/sys/class/net/eth0/mtu": "",
             "/sys/class/net/wlan0/phy80211/rfkill0/name": "", "/sys/class/net/wlan1/wireless/x": "",
             "/sys/class/bluetooth/hci0/rfkill1/name": "",
             "/sys/class/rfkill/rfkill0/soft": "1\n", "/sys/class/rfkill/rfkill0/hard": "0\n",
             "/sys/class/rfkill/rfkill1/soft": "0\n", "/sys/class/rfkill/rfkill1/hard": "0\n"}
    seen = wireless.collect(FakeHost(files), NONE)["wireless.radios"]
    assert {(one["name"], one["kind"], one["transmits"]) for one in seen.items} == {
        ("wlan0", "wifi", False), ("wlan1", "wifi", True), ("hci0", "bluetooth", True)}
    assert seen.complete


def test_interfaces_that_may_not_be_listed_are_not_taken_for_wired():
    with pytest.raises(NotThere):
        wireless.collect(FakeHost(), NONE)
    with pytest.raises(Denied):
        wireless.collect(FakeHost({"/sys/class/net/wlan0/phy80211/x": ""}, denied={"/sys/class/net/wlan0"}), NONE)


def test_the_servers_behind_the_stub_are_the_ones_in_force():
    stub = "# systemd\nnameserver 127.0.0.53\noptions edns0\n"
    behind = "nameserver 149.112.121.20\nnameserver fe80::1%eth0\nnameserver 149.112.121.20\n"
    host = FakeHost({"/etc/resolv.conf": stub, "/run/systemd/resolve/resolv.conf": behind})
    assert name_resolution.collect(host, NONE)["dns.servers"].items == ["149.112.121.20", "fe80::1"]
    with pytest.raises(NotThere):
        name_resolution.collect(FakeHost({"/etc/resolv.conf": stub}), NONE)


def protection(files: dict[str, str], version: str) -> dict[str, object]:
    host = FakeHost(files, commands={("clamscan", "--version"): Output(0, version, "")})
    return anti_malware.collect(host, NONE)


def test_protection_counts_while_it_runs_and_tells_the_age_of_its_signatures():
    running = daemons(clamd=("100", 110))
    seen = protection(running, "ClamAV 1.4.6/27500/Sat Nov 21 09:39:56 2026\n")
    assert seen["anti_malware.running"].items == ["ClamAV"]
    assert seen["anti_malware.signatures"] == "2026-11-21T09:39:56Z"
    assert protection(running, "ClamAV 1.4.6\n")["anti_malware.signatures"] is ABSENT
    assert protection(daemons(), "ClamAV 1.4.6\n")["anti_malware.running"].items == []
    assert protection(daemons(wdavdaemon=("1", 0)), "")["anti_malware.signatures"].reason is Reason.UNSUPPORTED
    with pytest.raises(Unreadable):
        anti_malware.parse_clam_version("clamscan: error/x")


def test_confinement_is_what_the_kernel_enforces():
    modules = {"/sys/module/ext4/refcnt": "1"}
    enabled = {"/sys/module/apparmor/parameters/enabled": "Y\n"}
    profiles = "/sys/kernel/security/apparmor/profiles"

    def look(files, **more):
        seen = mandatory_access_control.collect(FakeHost({**modules, **files}, **more), NONE)
        return seen["mac.system"], seen["mac.enforcing"]

    assert look({}) == ("none", False)
    assert look({"/sys/fs/selinux/enforce": "1"}) == ("selinux", True)
    assert look({"/sys/fs/selinux/enforce": "0"}) == ("selinux", False)
    assert look({**enabled, profiles: "/usr/sbin/cupsd (enforce)\nman (complain)\n"}) == ("apparmor", True)
    assert look({**enabled, profiles: "man (complain)\n"}) == ("apparmor", False)
    denied = look({**enabled, profiles: ""}, denied={profiles})
    assert [one.reason for one in denied] == [Reason.DENIED, Reason.DENIED]
    unmounted = look(enabled)
    assert [one.reason for one in unmounted] == [Reason.UNSUPPORTED, Reason.UNSUPPORTED]
