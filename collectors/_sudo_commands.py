"""Whether a command that sudo allows as root is a way to a root shell.

Editors, pagers and shells start other programs whatever their arguments. Interpreters, wrappers, package
managers and programs that write where they are told do so when the rule leaves their arguments open: a
command without arguments in sudoers allows any (sudoers(5), Cmnd). A wildcard allows what it was not meant
for, and a program or script that somebody else may change is theirs. A name not known here is not judged.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

SHELLS = frozenset({"sh", "bash", "rbash", "dash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh", "ash", "busybox", "su",
                    "sudo", "login", "pkexec", "runuser", "screen", "tmux", "byobu"})
EDITORS = frozenset({"vi", "vim", "vim.basic", "vim.tiny", "nvim", "rvim", "view", "vimdiff", "nano", "rnano", "pico",
                     "emacs", "ed", "red", "joe", "jed", "mcedit", "mc", "ne", "micro", "visudo", "vipw", "vigr",
                     "crontab", "sensible-editor", "editor"})
PAGERS = frozenset({"less", "more", "most", "pg", "man", "info", "pager", "journalctl", "zless"})
INTERPRETERS = frozenset({"perl", "ruby", "irb", "node", "nodejs", "lua", "luajit", "php", "awk", "gawk", "mawk",
                          "nawk", "tclsh", "wish", "expect", "gdb", "java", "jshell", "octave", "R", "guile",
                          "jrunscript"})
RUNNERS = frozenset({"env", "find", "xargs", "nice", "ionice", "nohup", "timeout", "time", "watch", "strace", "ltrace",
                     "script", "setsid", "chroot", "unshare", "nsenter", "taskset", "stdbuf", "systemd-run",
                     "start-stop-daemon", "flock", "parallel", "run-parts", "docker", "podman", "lxc", "kubectl",
                     "ctr", "ssh", "scp", "sftp", "rsync", "git", "svn", "tar", "zip", "cpio", "7z", "make", "cmake",
                     "tcpdump", "nmap", "ftp", "mysql", "psql", "sqlite3", "at", "batch", "logrotate", "capsh", "perf",
                     "ip", "dmsetup", "multipath", "openvpn", "socat", "nc", "ncat", "wireshark", "tshark"})
WRAPPERS = frozenset({"env", "nice", "ionice", "nohup", "timeout", "time", "setsid", "taskset", "stdbuf", "flock",
                      "run-parts", "systemd-run", "script", "watch"})
"""Those of them that are given a program to start."""
WRITERS = frozenset({"cp", "mv", "ln", "tee", "dd", "install", "sed", "chmod", "chown", "chgrp", "setfacl", "setcap",
                     "patch", "wget", "curl", "sponge", "truncate", "mount", "mkfs", "debugfs", "kexec", "insmod",
                     "modprobe", "passwd", "chpasswd", "useradd", "adduser", "usermod", "gpasswd", "groupadd", "chsh",
                     "update-alternatives", "systemctl", "service", "unzip", "shred", "rm", "restic", "borg"})
PACKAGERS = frozenset({"apt", "apt-get", "aptitude", "dpkg", "dnf", "yum", "rpm", "zypper", "snap", "flatpak", "pip",
                       "pip3", "npm", "gem", "cpan", "easy_install", "conda", "pacman", "apk"})
_VERSIONED = re.compile(r"(python|perl|ruby|lua|php|node|pip|tclsh)[\d.]*\Z")
_ANYBODYS = re.compile(r"(?:/home/|/tmp/|/var/tmp/|/dev/shm/|/run/user/|/mnt/|/media/|~|\./)")

Writable = Callable[[str], bool]
"""Whether somebody but root may change what lies at a path. May raise ``LookError``."""


def way_to_root(command: str, pattern: bool, writable: Writable) -> str:
    """How ``command`` (as sudoers has it) leads to a root shell, or "" where no way is known.

    Answers are ``all``, ``wildcard``, ``directory``, ``shell``, ``editor``, ``pager``, ``interpreter``,
    ``starts-others``, ``writes-files``, ``installs-packages`` and ``writable``. Raises ``LookError`` where
    it depends on what cannot be seen.
    """
    if command == "ALL":
        return "all"
    program, _, arguments = command.partition(" ")
    if program in ("sudoedit", "list"):
        return _edited(arguments, pattern) if program == "sudoedit" else ""
    if program.startswith("^") or _has_wildcard(program):
        return "wildcard"
    if program.endswith("/"):
        return "directory"
    name = posixpath.basename(program)
    for kind, names in (("shell", SHELLS), ("editor", EDITORS), ("pager", PAGERS)):
        if name in names and not (kind == "shell" and _fixed_script(arguments, pattern)):
            return kind
    free = not arguments or _has_wildcard(arguments) or arguments.startswith("^")
    for kind, names in (("interpreter", INTERPRETERS), ("starts-others", RUNNERS), ("writes-files", WRITERS),
                        ("installs-packages", PACKAGERS)):
        if free and (name in names or (kind == "interpreter" and _VERSIONED.match(name))):
            return kind
    named = [word for word in arguments.split() if word.startswith(("/", "~"))] if arguments != '""' else []
    if any(_ANYBODYS.match(path) or writable(path) for path in (program, *_scripts(name, named))):
        return "writable"
    return "wildcard" if pattern else ""


def _edited(files: str, pattern: bool) -> str:
    """``sudoedit`` writes no other file than those named, as long as they are named."""
    return "writes-files" if pattern or not files else ""


def _fixed_script(arguments: str, pattern: bool) -> bool:
    """Whether a shell is held to one script or one command."""
    return bool(arguments) and arguments != '""' and not pattern


def _scripts(name: str, paths: list[str]) -> list[str]:
    """The files among a command's arguments that it would run."""
    return paths if name in SHELLS | INTERPRETERS | WRAPPERS or _VERSIONED.match(name) else []


def _has_wildcard(text: str) -> bool:
    return bool(re.search(r"(?<!\\)(?:\\\\)*[*?\[]", text))


def named_in_full(command: str) -> bool:
    """Whether a command says its arguments (``""`` for none) so that they read as they are: without a
    wildcard, and without a separator hidden behind a backslash."""
    program, _, arguments = command.partition(" ")
    return program == "sudoedit" or (bool(arguments) and not _has_wildcard(command) and not command.startswith("^")
                                     and "," not in arguments)
