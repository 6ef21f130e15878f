"""AppArmor and SELinux now and at the next start, kernel lockdown, and approved programs."""

import pytest

from collectors import application_control, boot_security
from collectors import mandatory_access_control as mac
from collectors.base import ABSENT
from collectors.host.protocol import Unreadable
from hustings.declared import Declared
from hustings.facts import Missing, Reason
from tests.fakes import FakeHost

NONE = Declared()
PROFILE = """# vim:syntax=apparmor
abi <abi/3.0>,
include <tunables/global>

@{foo} = /x
/usr/sbin/cupsd flags=(attach_disconnected, complain) {
  include <abstractions/base>
  profile third_party {
    /bin/x r,
  }
}
profile lsb_release {
  /usr/bin/lsb_release r,
}
profile "with blank" /usr/bin/x flags=(unconfined) {
}
"""
PARSER = {"/usr/sbin/apparmor_parser": ""}
WANTED = {"/etc/systemd/system/sysinit.target.wants/apparmor.service": "/lib/systemd/system/apparmor.service"}


def look(files, kind="image", **given):
    return mac.collect(FakeHost({**files, "/etc/os-release": ""}, kind=kind, **given), NONE)


def modes(files, **given):
    return {one["name"]: one["mode"] for one in look(files, **given)["mac.profiles"].items}


def test_a_profile_file_is_read_at_its_top_level():
    assert mac.parse_profile_file(PROFILE) == [
        ("/usr/sbin/cupsd", "complain"), ("lsb_release", "enforce"), ("with blank", "unconfined")]


def test_an_image_tells_the_profiles_that_the_next_start_loads():
    files = {"/etc/apparmor.d/usr.sbin.cupsd": PROFILE, "/etc/apparmor.d/bin.ping": "/bin/ping {\n}\n",
             "/etc/apparmor.d/bin.off": "/bin/off {\n}\n", "/etc/apparmor.d/abstractions/base": "/x r,\n"}
    links = {"/etc/apparmor.d/disable/bin.off": "/etc/apparmor.d/bin.off",
             "/etc/apparmor.d/force-complain/bin.ping": "/etc/apparmor.d/bin.ping"}
    assert modes(files, links=links) == {"/usr/sbin/cupsd": "complain", "lsb_release": "enforce",
                                         "with blank": "unconfined", "/bin/ping": "complain"}


def test_a_running_system_tells_the_profiles_that_the_kernel_holds():
    held = {"/sys/module/apparmor/parameters/enabled": "Y\n",
            "/sys/kernel/security/apparmor/profiles":
                "/usr/sbin/cupsd (enforce)\nman (complain)\nlxc (x) (unconfined)\n"}
    seen = look(held, kind="live")
    assert {one["name"]: one["mode"] for one in seen["mac.profiles"].items} == {
        "/usr/sbin/cupsd": "enforce", "man": "complain", "lxc (x)": "unconfined"}
    assert (seen["mac.system"], seen["mac.enforcing"]) == ("apparmor", True)
    denied = look(held, kind="live", denied={"/sys/kernel/security/apparmor/profiles"})
    assert denied["mac.profiles"].reason is Reason.DENIED
    assert denied["mac.enforcing"].reason is Reason.DENIED


def test_what_the_next_start_confines_with():
    assert look(PARSER)["mac.at_start"] == "none"
    assert look(PARSER, links=WANTED)["mac.at_start"] == "apparmor"
    assert look({}, links=WANTED)["mac.at_start"] == "none"
    off = {**WANTED, "/etc/systemd/system/apparmor.service": "/dev/null"}
    assert look(PARSER, links=off)["mac.at_start"] == "none"
    config = "/etc/selinux/config"
    assert look({config: "# SELINUX= takes\nSELINUX=permissive\nSELINUXTYPE=targeted\n"})["mac.at_start"] == "selinux"
    assert look({config: "SELINUX=disabled\n"})["mac.at_start"] == "none"
    assert look({config: "SELINUX=enforcing\n"})["mac.selinux_configured"] == "enforcing"
    assert look({})["mac.selinux_configured"] is ABSENT
    assert isinstance(look({})["mac.system"], Missing)


def lockdown(files):
    found = boot_security.collect(FakeHost({"/proc/cpuinfo": "", **files}, dirs=["/sys/firmware", "/sys/class"]), NONE)
    return found["platform.lockdown"]


def test_lockdown_is_the_mode_in_brackets():
    path = "/sys/kernel/security/lockdown"
    assert lockdown({path: "none [integrity] confidentiality\n"}) == "integrity"
    assert lockdown({path: "[none] integrity confidentiality\n"}) == "none"
    assert lockdown({"/sys/kernel/security/lsm": "capability"}) is ABSENT
    assert lockdown({}).reason is Reason.UNSUPPORTED
    with pytest.raises(Unreadable):
        boot_security.parse_lockdown("none")


def approved(files, kind="image", **given):
    return application_control.collect(FakeHost({**files, "/etc/os-release": ""}, kind=kind, **given),
                                       NONE)["programs.approved_only"]


def test_fapolicyd_refuses_only_while_it_is_on_and_not_permissive():
    program = {"/usr/sbin/fapolicyd": ""}
    conf = "/etc/fapolicyd/fapolicyd.conf"
    on = {"/etc/systemd/system/multi-user.target.wants/fapolicyd.service": "/usr/lib/systemd/system/fapolicyd.service"}
    assert approved({}) == "none"
    assert approved({**program, conf: "permissive = 0\n"}) == "none"
    assert approved({**program, conf: "permissive = 0\nnice_val = 14\n"}, links=on) == "enforcing"
    assert approved({**program, conf: "permissive = 1\n"}, links=on) == "watching"
    running = {"/proc/1/cmdline": "/sbin/init\0", "/proc/1/status": "Uid:\t0\t0\t0\t0\n",
               "/proc/9/cmdline": "/usr/sbin/fapolicyd\0", "/proc/9/status": "Uid:\t100\t100\t100\t100\n"}
    assert approved({**program, **running, conf: "#permissive = 1\n"}, kind="live") == "enforcing"
    assert approved({**program, conf: "", "/proc/1/cmdline": "init\0", "/proc/1/status": "Uid:\t0\t0\t0\t0\n"},
                    kind="live") == "none"
