"""Whatever is written, the rights we list for an account are those that the installed sudo lists for it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors import sudo
from hustings.declared import Declared
from tests.fakes import FakeHost


def possible() -> bool:
    """Whether a file can be put over ``/etc/sudoers`` for one process."""
    if os.geteuid() != 0 or shutil.which("sudo") is None or shutil.which("unshare") is None:
        return False
    tried = ["unshare", "--mount", "--propagation", "private", "mount", "--bind", "/etc/passwd", "/etc/sudoers"]
    return Path("/etc/sudoers").exists() and subprocess.run(tried, capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not possible(), reason="needs root, sudo and mount namespaces")

ALIASES = """User_Alias OPS = nobody, root
User_Alias OTHERS = daemon, bin
Cmnd_Alias SVC = /bin/ls, /bin/cat /etc/hosts
Cmnd_Alias BAD = /bin/su, !/bin/df
Runas_Alias WEB = www-data, backup
"""
who = st.sampled_from(["nobody", "OPS", "ALL", "OTHERS", "%nogroup", "%root", "#65534", "root, nobody", "ALL, !daemon"])
runas = st.sampled_from(["", "(root) ", "(ALL) ", "(WEB) ", "(WEB : adm) ", "(ALL : ALL) ", "(www-data) "])
tags = st.sampled_from(["", "", "NOPASSWD: ", "PASSWD: ", "NOPASSWD: NOEXEC: "])
command = st.sampled_from(["ALL", "SVC", "/bin/ls", "/usr/bin/id -u", '/bin/df ""', "!/bin/su", "!BAD", "/usr/bin/"])


@st.composite
def rules(draw):
    parts = [f"{draw(runas)}{draw(tags)}{draw(command)}" for _ in range(draw(st.integers(1, 3)))]
    return f"{draw(who)} ALL = {', '.join(parts)}"


def listed(path):
    """(as whom, whether without a password, commands) of each right that ``sudo -l`` lists for nobody."""
    said = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c",
         'mount --bind "$1" /etc/sudoers && LC_ALL=C sudo -l -U nobody', "sh", path],
        capture_output=True, text=True, check=True).stdout
    found = []
    for line in re.findall(r"^    \((.*?)\) (.*)$", said.partition("may run the following")[2], re.MULTILINE):
        free, commands = False, []
        for part in line[1].split(", "):
            while tag := re.match(r"([A-Z]+): ", part):
                free = {"NOPASSWD": True, "PASSWD": False}.get(tag[1], free)
                part = part[tag.end():]
            found.append((line[0].replace(" ", ""), free, part))
            commands.append(part)
    return found


def ours(text):
    host = FakeHost({"/usr/bin/sudo": b"", "/etc/sudoers": text})
    found = sudo.collect(host, Declared())["sudo.rules"]
    assert found.complete, found.why
    mine = {"nobody", "ALL", "%nogroup", "#65534"}
    return [(one["runas"].replace(" ", ""), one["nopasswd"], part) for one in found.items
            if one["who"] in mine for part in one["commands"].split(", ")]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(rules(), min_size=1, max_size=4))
def test_our_list_of_rights_is_sudos(tmp_path_factory, lines):
    text = ALIASES + "\n".join(lines) + "\n"
    path = tmp_path_factory.mktemp("sudo") / "sudoers"
    path.write_text(text)
    path.chmod(0o440)
    assert set(ours(text)) == set(listed(str(path)))
