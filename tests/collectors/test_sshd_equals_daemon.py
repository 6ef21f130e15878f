"""Whatever is written, our reading of the files is what the installed daemon says of them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors._sshd_config import parse_effective, parse_files
from collectors._sshd_settings import Effective, records
from collectors._sshd_values import CHOICES, LISTS_OF_ALGORITHMS, version_of

SSHD = Path("/usr/sbin/sshd")
pytestmark = [
    pytest.mark.skipif(not SSHD.exists() or shutil.which("ssh-keygen") is None, reason="sshd is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can make /run/sshd"),
]
LISTS = set(LISTS_OF_ALGORITHMS)
OTHERS = {
    "maxauthtries": ["3", "6", "08"], "maxsessions": ["0", "10", "61"], "clientalivecountmax": ["0", "3"],
    "logingracetime": ["60", "2m", "1h30m"], "clientaliveinterval": ["0", "5m", "300"],
    "maxstartups": ["10", "10:30:60", "5:60:30"], "rekeylimit": ["512M 1h", "1G", "default none", "0"],
    "banner": ["none", "/etc/issue", '"/etc/issue net"'], "permituserenvironment": ["yes", "no", "LANG,LC_*"],
    "authenticationmethods": ["publickey,password publickey", "publickey"],
    "challengeresponseauthentication": ["yes", "no"],
    "ciphers": ["aes256-ctr,aes128-ctr", "+aes256-cbc", "-aes*"], "macs": ["^hmac-sha2-512", "-*sha1*"],
    "allowusers": ["a b", "c"], "denygroups": ["staff"],
    "permitrootlogin": ["without-password", "no", "yes", "forced-commands-only"],
}
CHOSEN = {keyword: sorted(values) for keyword, values in CHOICES.items()
          if keyword not in ("gssapiauthentication", "kerberosauthentication")}
VALUES = CHOSEN | OTHERS

spelled = st.sampled_from([str.lower, str.upper, str.title])
between = st.sampled_from([" ", "\t", " = ", "="])


@st.composite
def lines(draw):
    kind = draw(st.sampled_from(["setting"] * 8 + ["comment", "all", "nobody", "include"]))
    if kind == "all":
        return "Match all"
    if kind == "nobody":
        return "Match Address 192.0.2.1"
    if kind == "include":
        return "Include {dir}/more.conf"
    keyword = draw(st.sampled_from(sorted(VALUES)))
    line = draw(spelled)(keyword) + draw(between) + draw(st.sampled_from(VALUES[keyword]))
    return ("# " if kind == "comment" else "") + line + draw(st.sampled_from(["", " ", " # so"]))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A host key, and for as long as the tests run the directory that the service makes when it starts."""
    where, run = tmp_path_factory.mktemp("sshd"), Path("/run/sshd")
    made = not run.is_dir()
    if made:
        run.mkdir(0o755)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(where / "key")], check=True)
    yield where
    if made:
        run.rmdir()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(main=st.lists(lines(), max_size=12), more=st.lists(lines(), max_size=5))
def test_our_reading_of_the_files_is_the_daemons(place, main, more):
    inner = [line for line in more if not line.startswith("Include")]
    (place / "more.conf").write_text("\n".join(inner) + "\n")
    (place / "main").write_text("\n".join(main).format(dir=place) + "\n")
    said = subprocess.run([SSHD, "-T", "-h", place / "key", "-f", place / "main"], capture_output=True, text=True,
                          check=False)
    config = parse_files(lambda path: Path(path).read_text(), lambda pattern: [pattern], str(place / "main"))
    unsatisfied = "AuthenticationMethods cannot be satisfied" in said.stderr
    assert unsatisfied or bool(config.faults) == bool(said.returncode), said.stderr
    if said.returncode:
        return
    version = version_of(SSHD.read_bytes())
    daemon = records(Effective(parse_effective(said.stdout), "daemon", version), config).items
    files = records(Effective(config.settings(), "files", version, frozenset({"debian"})), config).items
    for asked, read in zip(daemon, files, strict=True):
        if asked["keyword"] == "kexalgorithms" or (asked["keyword"] in LISTS and "reason" in str(read["value"])):
            continue
        assert asked == read
