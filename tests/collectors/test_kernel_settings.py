"""Kernel settings now and at the next start; what systemd-sysctl itself did is the measure."""

import re

import pytest

from collectors import _sysctl, kernel_settings
from collectors.base import Missing
from collectors.host.protocol import NotThere
from hustings.declared import Declared
from hustings.facts import Reason
from tests.collectors.captured import captured
from tests.fakes import FakeHost

NONE = Declared()
SYSTEMD = {"/usr/lib/systemd/systemd-sysctl": ""}
FILES = {
    **SYSTEMD,
    "/usr/lib/sysctl.d/50-pid-max.conf": "kernel.pid_max = 4194304\n",
    "/usr/lib/sysctl.d/99-protect-links.conf": "fs.protected_symlinks = 1\nfs.protected_hardlinks = 1\n",
    "/usr/lib/sysctl.d/50-x.conf": "kernel.kptr_restrict = 1\nkernel.dmesg_restrict=1\n",
    "/etc/sysctl.d/50-x.conf": "kernel.kptr_restrict = 2\n",
    "/usr/local/lib/sysctl.d/20-a.conf": "# comment\n; other\nkernel.randomize_va_space = 0x2\n"
        "-kernel.yama.ptrace_scope = 1\nnet.ipv4.conf.*.rp_filter = 2\n-net.ipv4.conf.all.rp_filter\nnonsense line\n",
    "/etc/sysctl.d/10-b.conf": "net.ipv4.conf.*.accept_redirects = 1\nnet.ipv4.conf.all.accept_redirects = 0\n"
        "net/ipv4/conf/all/send_redirects = 0\nfs.suid_dumpable = 1\n",
    "/etc/sysctl.d/90-c.conf": "net.ipv4.conf.*.accept_redirects = 2\nfs.suid_dumpable = 0\nkernel.sysrq=0\n",
    "/etc/sysctl.conf": "kernel.sysrq = 1\nnet.ipv4.ip_forward=1\n",
}
"""The files that the captured run of systemd-sysctl (252, Debian 12) was given."""
LINKS = {"/etc/sysctl.d/99-protect-links.conf": "/dev/null", "/etc/sysctl.d/99-sysctl.conf": "../sysctl.conf"}


def image(files, links=None):
    return FakeHost({**files, "/etc/os-release": ""}, links=links or {}, kind="image")


def values(host, name, *moments):
    listing = kernel_settings.collect(host, NONE)["kernel.settings"]
    return [one["value"] for one in listing.items if one["name"] == name and one["moment"] in (moments or ("start",))]


def test_what_wins_is_what_systemd_sysctl_set():
    done = dict(re.findall(r"^Setting '/proc/sys/(\S+)' to '(\S+)'$", captured("kernel/systemd-sysctl.txt"), re.M))
    host = image(FILES, LINKS)
    ours = {}
    for name in kernel_settings.SETTINGS:
        path = name.replace(".", "/")
        line = _sysctl.in_force(_sysctl.at_start(host)[0], path)
        if line is not None:
            ours[path] = line.value
    assert ours == {path: _sysctl.normal(value) for path, value in done.items() if "/eth0/" not in path}


def test_sysctl_conf_counts_for_systemd_only_through_a_link():
    text = {"/etc/sysctl.conf": "fs.suid_dumpable = 2\n"}
    assert values(image({**SYSTEMD, **text}), "fs.suid_dumpable") == ["0"]
    assert values(image({**SYSTEMD, **text}, LINKS), "fs.suid_dumpable") == ["2"]
    assert values(image({**text, "/etc/sysctl.d/99-z.conf": "fs.suid_dumpable = 1\n"}), "fs.suid_dumpable") == ["2"]


def test_both_count_where_ufw_sets_it_too_and_only_while_ufw_is_on():
    files = {**SYSTEMD, "/etc/sysctl.d/a.conf": "net.ipv4.conf.all.log_martians=1\n",
             "/etc/ufw/sysctl.conf": "net/ipv4/conf/all/log_martians=0\n"}
    name = "net.ipv4.conf.all.log_martians"
    assert values(image({**files, "/etc/ufw/ufw.conf": "ENABLED=no\n"}), name) == ["1"]
    assert values(image({**files, "/etc/ufw/ufw.conf": "ENABLED=yes\n"}), name) == ["1", "0"]


def test_an_image_that_sets_nothing_has_the_kernels_own_value_where_it_is_known():
    assert values(image(SYSTEMD), "kernel.randomize_va_space") == ["2"]
    [value] = values(image(SYSTEMD), "kernel.perf_event_paranoid")
    assert isinstance(value, Missing)
    assert value.reason is Reason.UNSUPPORTED


def test_some_of_what_a_kernel_starts_with_is_chosen_when_it_is_built():
    debian = ("CONFIG_SECURITY_DMESG_RESTRICT=y\nCONFIG_BPF_UNPRIV_DEFAULT_OFF=y\nCONFIG_DEFAULT_MMAP_MIN_ADDR=65536\n"
              "CONFIG_MAGIC_SYSRQ_DEFAULT_ENABLE=0x01b6\n# CONFIG_PANIC_ON_OOPS is not set\n")
    host = image({**SYSTEMD, "/boot/config-6.1": debian})
    names = ("kernel.dmesg_restrict", "kernel.unprivileged_bpf_disabled", "vm.mmap_min_addr", "kernel.sysrq",
             "kernel.panic_on_oops")
    assert [values(host, name) for name in names] == [["1"], ["2"], ["65536"], ["438"], ["0"]]
    differing = image({**SYSTEMD, "/boot/config-6.1": debian, "/boot/config-6.2": ""})
    assert isinstance(values(differing, "kernel.dmesg_restrict")[0], Missing)
    running = FakeHost({**SYSTEMD, "/boot/config-6.1": debian, "/boot/config-6.2": "",
                        "/proc/sys/kernel/osrelease": "6.1\n", "/proc/sys/kernel/dmesg_restrict": "0\n"})
    assert values(running, "kernel.dmesg_restrict", "now", "start") == ["0", "1"]


def test_a_running_system_tells_now_and_later_apart():
    running = {"/proc/sys/fs/suid_dumpable": "0\n", "/proc/sys/kernel/kptr_restrict": "1\n", **SYSTEMD,
               "/etc/sysctl.d/a.conf": "fs.suid_dumpable = 2\n"}
    host = FakeHost(running)
    assert values(host, "fs.suid_dumpable", "now", "start") == ["0", "2"]
    assert values(host, "kernel.kptr_restrict", "now", "start") == ["1", "0"]
    assert values(host, "kernel.dmesg_restrict", "now", "start") == ["none"]
    assert values(host, "kernel.yama.ptrace_scope", "now") == ["none"]


def test_every_line_is_kept_whether_in_force_or_hidden():
    host = image(FILES, LINKS)
    assert values(host, "kernel.kptr_restrict", "written") == ["2"]
    assert values(host, "kernel.kptr_restrict", "packaged") == ["1"]
    assert values(host, "fs.suid_dumpable", "written") == ["1", "0"]
    assert values(host, "net.ipv4.conf.default.rp_filter", "written") == []


def test_what_cannot_be_read_is_never_the_kernels_own_value():
    denied = FakeHost({"/proc/sys/fs/suid_dumpable": "0\n", "/etc/sysctl.d/a.conf": "fs.suid_dumpable=2\n"},
                      denied={"/etc/sysctl.d/a.conf"})
    listing = kernel_settings.collect(denied, NONE)["kernel.settings"]
    assert not listing.complete
    assert {one["moment"] for one in listing.items} == {"now"}
    closed = FakeHost({"/proc/sys/kernel/dmesg_restrict": "1\n", "/boot/config-6.1": "",
                       "/proc/sys/kernel/osrelease": "6.1\n"}, denied={"/boot/config-6.1"})
    assert values(closed, "kernel.dmesg_restrict")[0].reason is Reason.DENIED
    hidden = FakeHost({"/proc/sys/fs/suid_dumpable": "0\n"}, denied={"/proc/sys/fs/suid_dumpable"})
    [value] = values(hidden, "fs.suid_dumpable", "now")
    assert value.reason is Reason.DENIED
    with pytest.raises(NotThere):
        kernel_settings.collect(FakeHost(), NONE)


@pytest.mark.parametrize(("key", "path"), [
    ("net.ipv4.conf.eth0/2.forwarding", "net/ipv4/conf/eth0.2/forwarding"),
    ("net/ipv4/conf/eth0.2/forwarding", "net/ipv4/conf/eth0.2/forwarding"),
    ("kernel.sysrq", "kernel/sysrq"),
])
def test_the_first_separator_decides_how_a_name_is_read(key, path):
    assert _sysctl.setting_path(key) == path
