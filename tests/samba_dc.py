"""A real domain controller for tests: Samba, from Debian's own packages, which speaks LDAP as Active Directory does.

Its ports are fixed (389, 636), so that it takes root and an address of its own on loopback.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PASSWORD = "Canary-of-the-domain-1!"
REALM, BASE = "OFFICE.TEST", "DC=office,DC=test"
_PYTHON = "/usr/bin/python3"
_ADDRESS = f"127.77.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"
_PROVISION = """
import logging, sys
from samba.auth import system_session
from samba.param import LoadParm
from samba.provision import FILL_FULL, provision
target, password = sys.argv[1], sys.stdin.readline().strip()
lp = LoadParm()
lp.load_default()
provision(logging.getLogger(), system_session(), smbconf=target + "/etc/smb.conf", targetdir=target,
          samdb_fill=FILL_FULL, realm="OFFICE.TEST", domain="OFFICE", adminpass=password, hostip="127.0.0.1",
          serverrole="active directory domain controller", dns_backend="NONE", useeadb=False, skip_sysvolacl=True,
          lp=lp, hostname="dc1", dom_for_fun_level=4)
"""
_OPEN = """
import sys, ldb
from samba import dsdb, sd_utils
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
target = sys.argv[1]
lp = LoadParm()
lp.load(target + "/etc/smb.conf")
sam = SamDB(target + "/private/sam.ldb", session_info=system_session(lp), lp=lp)
rights = sd_utils.SDUtils(sam)
base = str(sam.domain_dn())
password = sys.stdin.readline().strip()

def dn(name):
    return str(sam.search(base, ldb.SCOPE_SUBTREE, "(sAMAccountName=%s)" % name, attrs=[])[0].dn)

def sid(name):
    from samba.ndr import ndr_unpack
    from samba.dcerpc import security
    found = sam.search(base, ldb.SCOPE_SUBTREE, "(sAMAccountName=%s)" % name, attrs=["objectSid"])[0]
    return str(ndr_unpack(security.dom_sid, found["objectSid"][0]))

def change(name, **said):
    message = ldb.Message(ldb.Dn(sam, name if "=" in name else dn(name)))
    for attribute, value in said.items():
        attribute = attribute.replace("_", "-")
        message[attribute] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, attribute)
    sam.modify(message)

def grant(name, ace):
    rights.dacl_add_ace(name if "=" in name else dn(name), ace)
"""


@dataclass(frozen=True)
class Controller:
    """A running domain controller."""

    url: str
    authority: Path
    directory: Path

    def change(self, script: str) -> None:
        """Run lines of Python with ``sam``, ``change``, ``grant``, ``dn``, ``sid``, ``base``, ``password``."""
        _python(_OPEN + script, self.directory)


@contextmanager
def running(script: str = "") -> Iterator[Controller]:
    """A new domain, changed by ``script`` (as ``Controller.change`` takes it) before it is served."""
    program = shutil.which("samba", path="/usr/sbin:/usr/bin")
    if program is None or not Path("/usr/lib/python3/dist-packages/samba/provision").exists() \
            or not Path("/usr/share/samba/setup/provision.ldif").exists():
        pytest.skip("samba is not installed (packages samba, samba-dsdb-modules, samba-ad-provision)")
    if os.geteuid() != 0:
        pytest.skip("a domain controller takes ports that root alone may open")
    directory = Path(tempfile.mkdtemp(prefix="hustings-dc-"))
    process = None
    try:
        for made in ("etc", "run"):
            (directory / made).mkdir()
        _python(_PROVISION, directory)
        _configure(directory)
        if script:
            _python(_OPEN + script, directory)
        with (directory / "said").open("wb") as said:
            process = subprocess.Popen(
                [program, "-i", "-M", "single", "-s", str(directory / "etc/smb.conf"), "-d", "0"],
                stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, start_new_session=True)
        _wait(process, directory)
        yield Controller(f"ldap://{_ADDRESS}", directory / "private/tls/ca.pem", directory)
    finally:
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)
        shutil.rmtree(directory, ignore_errors=True)


def _python(script: str, directory: Path) -> None:
    done = subprocess.run([_PYTHON, "-c", script, str(directory)], input=f"{PASSWORD}\n".encode(), check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={"PATH": "/usr/sbin:/usr/bin:/bin"})
    if done.returncode:
        raise RuntimeError(done.stdout.decode(errors="replace")[-3000:])


def _configure(directory: Path) -> None:
    path = directory / "etc/smb.conf"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if "log file" not in line]
    at = lines.index("[global]") + 1
    lines[at:at] = ["server services = ldap", f"interfaces = {_ADDRESS}/8", "bind interfaces only = yes",
                    f"pid directory = {directory}/run", f"log file = {directory}/log", f"ncalrpc dir = {directory}/rpc",
                    f"winbindd socket directory = {directory}/wb", f"ntp signd socket directory = {directory}/ntp",
                    "ldap server require strong auth = no"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _wait(process: subprocess.Popen[bytes], directory: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex((_ADDRESS, 389)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"samba did not start: {(directory / 'said').read_text(errors='replace')[-2000:]}")
