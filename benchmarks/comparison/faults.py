"""Faults planted in a root file system, each beside a harmless look-alike.

A tool that flags the fault caught it; one that flags the look-alike raised a false alarm.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

Change: TypeAlias = Callable[[Path], None]
CLERK = "clerk:x:1000:1000:Clerk:/home/clerk:/bin/bash\n"
HASHED = "clerk:$y$j9T$Nes5Cb241hpnMwzVVnr3Z0$PIzT/KWSpXNDKZoE4jCSWPu1D2Z19yczkxNVzhEMwV4:20700:0:99999:7:::\n"


def write(path: str, text: str, mode: int = 0o644, uid: int = 0, gid: int = 0) -> Change:
    """A file with these contents, permissions and owners."""
    def change(root: Path) -> None:
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        os.chown(place, uid, gid)
        place.chmod(mode)
    return change


def append(path: str, text: str) -> Change:
    """Text at the end of a file that is there."""
    def change(root: Path) -> None:
        with (root / path.lstrip("/")).open("a", encoding="utf-8") as file:
            file.write(text)
    return change


def first(path: str, text: str) -> Change:
    """Text before everything else in a file that is there."""
    def change(root: Path) -> None:
        place = root / path.lstrip("/")
        place.write_text(text + place.read_text(encoding="utf-8"), encoding="utf-8")
    return change


def replace(path: str, old: str, new: str) -> Change:
    """Text in place of other text, which must be there."""
    def change(root: Path) -> None:
        place = root / path.lstrip("/")
        text = place.read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"{path} does not say {old!r}")
        place.write_text(text.replace(old, new), encoding="utf-8")
    return change


def bits(path: str, mode: int) -> Change:
    """Other permission bits."""
    def change(root: Path) -> None:
        (root / path.lstrip("/")).chmod(mode)
    return change


@dataclass(frozen=True)
class Fault:
    """A fault of one row of the control catalogue, and the look-alike that does no harm."""

    name: str
    row: str
    plant: tuple[Change, ...]
    harmless: tuple[Change, ...]


LOCKOUT = "deny=5 unlock_time=900"
TELNETD = ("\nPackage: telnetd\nStatus: {status}\nPriority: optional\nSection: net\nInstalled-Size: 100\n"
           "Maintainer: Nobody <nobody@example.org>\nArchitecture: all\nVersion: 0.17+2.4-2\n"
           "Description: telnet server\n")
SSH = "/etc/ssh/sshd_config"
VENDOR = "/etc/ssh/sshd_config.d/05-vendor.conf"

CLEAN: tuple[Change, ...] = (
    append("/etc/passwd", CLERK),
    append("/etc/group", "clerk:x:1000:\n"),
    append("/etc/gshadow", "clerk:!::\n"),
    append("/etc/shadow", HASHED),
    lambda root: (root / "home/clerk").mkdir(mode=0o700),
    lambda root: os.chown(root / "home/clerk", 1000, 1000),
    append(SSH, "PermitRootLogin no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nMaxAuthTries 4\n"
          "PermitEmptyPasswords no\nX11Forwarding no\nLoginGraceTime 60\nMaxStartups 10:30:60\n"
          "HostbasedAuthentication no\nIgnoreRhosts yes\nLogLevel VERBOSE\n"),
    append("/etc/security/pwquality.conf", "minlen = 16\n"),
    replace("/etc/pam.d/common-auth", "auth\t[success=1 default=ignore]\tpam_unix.so nullok",
            f"auth\trequired\tpam_faillock.so preauth {LOCKOUT}\n"
            "auth\t[success=2 default=ignore]\tpam_unix.so\n"
            f"auth\t[default=die]\tpam_faillock.so authfail {LOCKOUT}"),
    append("/etc/pam.d/common-account", "account\trequired\tpam_faillock.so\n"),
    write("/etc/sudoers.d/10-office", "Defaults use_pty\nDefaults logfile=/var/log/sudo.log\n", 0o440),
    replace("/etc/login.defs", "UMASK\t\t022", "UMASK\t\t027"),
    write("/etc/sysctl.d/60-office.conf", "kernel.randomize_va_space = 2\nnet.ipv4.conf.all.accept_redirects = 0\n"
          "net.ipv4.conf.default.accept_redirects = 0\nfs.suid_dumpable = 0\nkernel.kptr_restrict = 2\n"),
    write("/etc/security/limits.d/10-office.conf", "* hard core 0\n"),
)
"""What makes the base root one on which none of the faults below is there."""

FAULTS = (
    Fault("an account with an empty password", "IAM-14",
          (replace("/etc/shadow", HASHED, "clerk::20700:0:99999:7:::\n"),),
          (replace("/etc/shadow", HASHED, HASHED.replace(":20700:", ":20650:")),)),
    Fault("a second account with user number 0", "IAM-14",
          (append("/etc/passwd", "toor:x:0:0::/root:/bin/bash\n"), append("/etc/shadow", "toor:!:20700::::::\n")),
          (append("/etc/passwd", "guest:x:1001:1000::/nonexistent:/usr/sbin/nologin\n"),
           append("/etc/shadow", HASHED.replace("clerk", "guest")))),
    Fault("two accounts with one number", "IAM-13",
          (append("/etc/passwd", "clerk2:x:1000:1000::/home/clerk:/bin/bash\n"),
           append("/etc/shadow", HASHED.replace("clerk", "clerk2"))),
          (append("/etc/passwd", "clerk2:x:1002:1000::/home/clerk2:/usr/sbin/nologin\n"),
           append("/etc/shadow", HASHED.replace("clerk", "clerk2")))),
    Fault("a password hash in the file everybody reads", "IAM-10",
          (replace("/etc/passwd", "clerk:x:", "clerk:$1$abcdefgh$GqLmmQ8rQj0WhF9i7cQ2l/:"),),
          (replace("/etc/passwd", "clerk:x:", "clerk:*:"),)),
    Fault("root may sign in over SSH", "IAM-08",
          (replace(SSH, "\nPermitRootLogin no", "\nPermitRootLogin yes"),),
          (append(SSH, "#PermitRootLogin yes\n"),)),
    Fault("root may sign in over SSH: the first of two lines counts", "IAM-08",
          (write(VENDOR, "PermitRootLogin yes\n"),), (append(SSH, "PermitRootLogin yes\n"),)),
    Fault("root may sign in over SSH from one network (Match)", "IAM-08",
          (append(SSH, "Match Address 198.51.100.0/24\n  PermitRootLogin yes\n"),),
          (append(SSH, "Match Address 198.51.100.0/24\n  PermitRootLogin no\n"),)),
    Fault("SSH lets in empty passwords", "IAM-14",
          (replace(SSH, "\nPermitEmptyPasswords no", "\nPermitEmptyPasswords yes"),
           replace(SSH, "\nPasswordAuthentication no", "\nPasswordAuthentication yes")),
          (append(SSH, "# PermitEmptyPasswords yes\n"),)),
    Fault("SSH offers outdated ciphers", "DEV-09",
          (append(SSH, "Ciphers aes128-cbc,3des-cbc\n"),),
          (append(SSH, "Ciphers aes256-gcm@openssh.com,aes256-ctr\n"),)),
    Fault("sudo without a password, on a continued line", "DEV-06",
          (write("/etc/sudoers.d/20-vendor", "clerk ALL=(ALL) \\\n   NOPASSWD: ALL\n", 0o440),),
          (write("/etc/sudoers.d/20-vendor", "# clerk ALL=(ALL) NOPASSWD: ALL\n", 0o440),)),
    Fault("sudo's password switched off by a default", "DEV-06",
          (write("/etc/sudoers.d/20-vendor", "Defaults:clerk !authenticate\n", 0o440),),
          (write("/etc/sudoers.d/20-vendor", "Defaults:clerk !lecture\n", 0o440),)),
    Fault("everybody may write a scheduled job", "DEV-06",
          (write("/etc/cron.d/backup", "5 4 * * * root /usr/bin/true\n", 0o666),),
          (write("/etc/cron.d/backup", "5 4 * * * root /usr/bin/true\n", 0o600),)),
    Fault("everybody reads the password hashes", "DEV-06",
          (bits("/etc/shadow", 0o644),), (bits("/etc/shadow", 0o600),)),
    Fault("a setuid shell in /usr/local/bin", "DEV-06",
          (write("/usr/local/bin/helper", "\x7fELF", 0o4755),), (write("/usr/local/bin/helper", "\x7fELF", 0o755),)),
    Fault("a shared directory without the sticky bit", "DEV-06",
          (lambda root: (root / "var/exchange").mkdir(), bits("/var/exchange", 0o777)),
          (lambda root: (root / "var/exchange").mkdir(), bits("/var/exchange", 0o1777))),
    Fault("files that belong to nobody", "DEV-06",
          (write("/usr/local/share/left.txt", "x", 0o644, 4242, 4242),),
          (write("/usr/local/share/left.txt", "x", 0o644, 1000, 1000),)),
    Fault("short passwords allowed", "IAM-10",
          (replace("/etc/security/pwquality.conf", "minlen = 16", "minlen = 6"),),
          (append("/etc/security/pwquality.conf", "# minlen = 6\n"),)),
    Fault("the password stack says yes before it asks", "IAM-10",
          (first("/etc/pam.d/common-auth", "auth sufficient pam_permit.so\n"),),
          (append("/etc/pam.d/common-auth", "# auth sufficient pam_permit.so\n"),)),
    Fault("no lockout after wrong passwords", "IAM-10",
          (replace("/etc/pam.d/common-auth", f"auth\trequired\tpam_faillock.so preauth {LOCKOUT}\n", ""),
           replace("/etc/pam.d/common-auth", f"auth\t[default=die]\tpam_faillock.so authfail {LOCKOUT}", "")),
          (append("/etc/pam.d/common-auth", "# pam_faillock above\n"),)),
    Fault("new passwords stored with MD5", "IAM-10",
          (replace("/etc/pam.d/common-password", "yescrypt", "md5"),
           replace("/etc/login.defs", "ENCRYPT_METHOD SHA512", "ENCRYPT_METHOD MD5")),
          (append("/etc/login.defs", "#ENCRYPT_METHOD MD5\n"),)),
    Fault("the mask lets everybody change new files", "DEV-06",
          (replace("/etc/login.defs", "UMASK\t\t027", "UMASK\t\t000"),),
          (append("/etc/login.defs", "#UMASK 000\n"),)),
    Fault("the kernel's address layout is not shuffled", "DEV-05",
          (write("/etc/sysctl.d/99-vendor.conf", "kernel.randomize_va_space = 0\n"),),
          (write("/etc/sysctl.d/10-vendor.conf", "kernel.randomize_va_space = 0\n"),)),
    Fault("packages are installed unsigned", "PAT-02",
          (write("/etc/apt/apt.conf.d/99vendor", 'APT::Get::AllowUnauthenticated "true";\n'),),
          (write("/etc/apt/apt.conf.d/99vendor", '// APT::Get::AllowUnauthenticated "true";\n'),)),
    Fault("a telnet server is installed", "DEV-09",
          (append("/var/lib/dpkg/status", TELNETD.format(status="install ok installed")),
           write("/var/lib/dpkg/info/telnetd.list", "/.\n")),
          (append("/var/lib/dpkg/status", TELNETD.format(status="deinstall ok config-files")),
           write("/var/lib/dpkg/info/telnetd.list", "/etc/telnetd.conf\n"))),
    Fault("the present directory is on root's path", "DEV-06",
          (append("/root/.bashrc", "export PATH=$PATH:.\n"), append("/root/.profile", "export PATH=$PATH:.\n")),
          (append("/root/.bashrc", "# export PATH=$PATH:.\n"),)),
)
"""Every fault once, with its look-alike."""
