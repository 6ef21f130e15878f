"""What the installed kernels were built with."""

import pytest

from collectors import kernel_build
from collectors.host.protocol import Unsupported
from hustings.declared import Declared
from tests.collectors.captured import captured
from tests.fakes import FakeHost

NONE = Declared()
CONFIG = captured("kernel/config-6.1-amd64.txt")
"""The watched lines of the configuration of Debian 12's kernel for amd64."""


def built(files, kind="image"):
    listing = kernel_build.collect(FakeHost(files, kind=kind), NONE)["kernel.build"]
    return {(one["kernel"], one["option"]): one["value"] for one in listing.items}


def test_debians_kernel_has_its_protections():
    seen = built({"/boot/config-6.1.0-40-amd64": CONFIG})
    options = {option: value for (_, option), value in seen.items()}
    assert options["RANDOMIZE_BASE"] == options["SECCOMP"] == options["SECURITY_YAMA"] == "y"
    assert options["BINFMT_MISC"] == "m"
    assert options["COMPAT_BRK"] == options["DEVKMEM"] == "n"
    assert options["DEFAULT_MMAP_MIN_ADDR"] == "65536"
    assert set(options) == set(kernel_build.WATCHED)


@pytest.mark.parametrize(("line", "value"), [
    ("CONFIG_BUG=y", "y"), ("# CONFIG_BUG is not set", "n"), ("", "n"), ("CONFIG_BUGS=y", "n"), ("#CONFIG_BUG=y", "n"),
])
def test_an_option_that_is_not_set_is_n(line, value):
    assert kernel_build.parse_config(line)["BUG"] == value


def test_a_renamed_option_is_told_under_its_old_name():
    assert kernel_build.parse_config("CONFIG_MITIGATION_RETPOLINE=y")["RETPOLINE"] == "y"
    assert kernel_build.parse_config('CONFIG_MODULE_SIG_HASH="sha256"')["MODULE_SIG_HASH"] == "sha256"


def test_every_installed_kernel_counts_and_the_running_one_must_be_among_them():
    files = {"/boot/config-6.1": "CONFIG_BUG=y\n", "/boot/config-6.2": "", "/proc/sys/kernel/osrelease": "6.1\n"}
    assert (built(files)["6.1", "BUG"], built(files)["6.2", "BUG"]) == ("y", "n")
    assert built(files, "live")["6.1", "BUG"] == "y"
    other = {**files, "/proc/sys/kernel/osrelease": "6.3\n"}
    with pytest.raises(Unsupported):
        built(other, "live")
    assert built({**other, "/lib/modules/6.3/config": "CONFIG_BUG=y\n"}, "live")["6.3", "BUG"] == "y"
    assert built({"/etc/os-release": ""}) == {}
