"""Which files decide what: the table behind ``files.*`` facts about owners and permissions.

For each purpose the sets of paths that serve it, first match first: a path belongs to one set of a
purpose. A pattern is a path with shell wildcards; one that ends in ``/**`` stands for everything below a
directory. Directories and what they hold are sets of their own, since what is fit for one is not for the
other. Paths are those of Debian, Ubuntu, Red Hat and SUSE together; what a machine lacks is not listed.
"""

from __future__ import annotations

from typing import Final, TypeAlias

Sets: TypeAlias = dict[str, tuple[str, ...]]

_CRON = ("hourly", "daily", "weekly", "monthly", "yearly")
_AUDIT_TOOLS = ("auditctl", "aureport", "ausearch", "autrace", "auditd", "audispd", "augenrules", "aulast", "auvirt",
                "rsyslogd")

PURPOSES: Final[dict[str, Sets]] = {
    "accounts": {
        "passwd": ("/etc/passwd",), "passwd-": ("/etc/passwd-",), "group": ("/etc/group",),
        "group-": ("/etc/group-",), "shells": ("/etc/shells",),
    },
    "secrets": {
        "shadow": ("/etc/shadow",), "shadow-": ("/etc/shadow-",), "gshadow": ("/etc/gshadow",),
        "gshadow-": ("/etc/gshadow-",), "opasswd": ("/etc/security/opasswd",),
        "opasswd.old": ("/etc/security/opasswd.old",), "ssh-host-keys": ("/etc/ssh/*_key",),
        "crypttab": ("/etc/crypttab",), "chrony.keys": ("/etc/chrony.keys", "/etc/chrony/chrony.keys"),
        "ipsec.secrets": ("/etc/ipsec.secrets",),
    },
    "rights": {
        "sudoers": ("/etc/sudoers",), "sudoers.d": ("/etc/sudoers.d",), "sudo-rules": ("/etc/sudoers.d/*",),
        "sshd_config": ("/etc/ssh/sshd_config",), "sshd_config.d": ("/etc/ssh/sshd_config.d",),
        "sshd-drop-ins": ("/etc/ssh/sshd_config.d/*",), "ssh-public-keys": ("/etc/ssh/*.pub",),
        "pam": ("/etc/pam.d", "/etc/pam.d/*"), "security": ("/etc/security",),
    },
    "schedule": {
        "crontab": ("/etc/crontab",), "cron.d": ("/etc/cron.d",),
        **{f"cron.{one}": (f"/etc/cron.{one}",) for one in _CRON},
        "jobs": ("/etc/cron.d/*", *(f"/etc/cron.{one}/*" for one in _CRON)),
        "cron.allow": ("/etc/cron.allow",), "cron.deny": ("/etc/cron.deny",),
        "at.allow": ("/etc/at.allow",), "at.deny": ("/etc/at.deny",),
        "spool": ("/var/spool/cron", "/var/spool/cron/crontabs", "/var/spool/cron/tabs"),
    },
    "boot": {
        "grub.cfg": ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"),
        "user.cfg": ("/boot/grub/user.cfg", "/boot/grub2/user.cfg"),
        "efi-grub.cfg": ("/boot/efi/EFI/*/grub.cfg",), "efi-user.cfg": ("/boot/efi/EFI/*/user.cfg",),
        "system-map": ("/boot/System.map*",),
    },
    "network": {
        "iptables": ("/etc/iptables",), "iptables-rules": ("/etc/iptables/*",),
        "nftables": ("/etc/nftables",), "nftables-rules": ("/etc/nftables.conf", "/etc/nftables/*"),
        "ipsec.d": ("/etc/ipsec.d",), "ipsec.conf": ("/etc/ipsec.conf",),
        "hosts.allow": ("/etc/hosts.allow",), "hosts.deny": ("/etc/hosts.deny",),
    },
    "kernel": {
        "sysctl.d": ("/etc/sysctl.d",), "sysctl": ("/etc/sysctl.conf", "/etc/sysctl.d/*"),
        "modprobe.d": ("/etc/modprobe.d",), "modprobe": ("/etc/modprobe.d/*",),
        "selinux": ("/etc/selinux",), "selinux-configuration": ("/etc/selinux/config", "/etc/selinux/semanage.conf"),
        "sestatus.conf": ("/etc/sestatus.conf",),
    },
    "audit_configuration": {
        "audit": ("/etc/audit",), "auditd.conf": ("/etc/audit/auditd.conf",),
        "audit.rules": ("/etc/audit/audit.rules",), "rules.d": ("/etc/audit/rules.d",),
        "rules": ("/etc/audit/rules.d/*.rules",),
    },
    "audit_tools": {
        "audit-tools": tuple(f"/{place}/{one}" for place in ("usr/sbin", "usr/bin", "sbin") for one in _AUDIT_TOOLS),
        "journalctl": ("/usr/bin/journalctl", "/bin/journalctl"),
    },
    "banners": {"issue": ("/etc/issue",), "issue.net": ("/etc/issue.net",), "motd": ("/etc/motd",)},
    "logs": {
        "directory": ("/var/log",), "auth.log": ("/var/log/auth.log*",), "syslog": ("/var/log/syslog*",),
        "messages": ("/var/log/messages*",), "secure": ("/var/log/secure*",),
        "cloud-init": ("/var/log/cloud-init*.log*",), "waagent": ("/var/log/waagent.log*",),
        "localmessages": ("/var/log/localmessages*",), "lastlog": ("/var/log/lastlog*",),
        "sign-ins": ("/var/log/wtmp*", "/var/log/btmp*"), "apt": ("/var/log/apt/**",),
        "gdm": ("/var/log/gdm/**",), "gdm3": ("/var/log/gdm3/**",), "landscape": ("/var/log/landscape/**",),
        "sssd": ("/var/log/sssd/**",), "journal-directories": ("/var/log/journal", "/var/log/journal/*"),
        "journal": ("/var/log/journal/*/*",),
        "mail": ("/var/log/mail*",), "other": ("/var/log/**",),
    },
}
"""By purpose and set, the paths."""

AUDIT_RECORDS: Final = "/var/log/audit"
"""Where the audit daemon's records are by default: below /var/log, and a purpose of their own."""
