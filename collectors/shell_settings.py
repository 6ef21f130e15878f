"""shell_settings: what the shells' start-up files set for everybody, and for root alone.

Reads the files that Debian, Red Hat and SUSE start shells with. What a person sets in their own files is
judged with their homes; root's are here.
"""

from __future__ import annotations

from typing import Any

from collectors import _shell
from collectors.base import Collected, Collector, Disclosure, Fact, Field, Listing, Missing, Platform, Reason, Type
from collectors.host.protocol import Host, LookError, list_optional, read_optional
from hustings.declared import Declared

LOGIN, BASH, CSH, ZSH, ROOT = "login shells", "bash", "csh", "zsh", "root"
FILES = {
    "/etc/profile": LOGIN, "/etc/profile.local": LOGIN, "/usr/etc/profile": LOGIN,
    "/etc/bash.bashrc": BASH, "/etc/bashrc": BASH, "/etc/bash.bashrc.local": BASH, "/usr/etc/bash.bashrc": BASH,
    "/etc/csh.cshrc": CSH, "/etc/csh.login": CSH, "/etc/zsh/zshenv": ZSH, "/etc/zsh/zprofile": ZSH,
    "/etc/zshenv": ZSH, "/etc/zprofile": ZSH,
    "/root/.profile": ROOT, "/root/.bash_profile": ROOT, "/root/.bash_login": ROOT, "/root/.bashrc": ROOT,
    "/root/.cshrc": ROOT, "/root/.tcshrc": ROOT,
}
"""Start-up files and who reads them. A vendor's file in ``/usr/etc`` counts where ``/etc`` has none."""
DROP_INS = ("/etc/profile.d",)


def collect(host: Host, declared: Declared) -> Collected:
    files, why = texts(host)
    umasks: list[dict[str, Any]] = []
    timeouts: list[dict[str, Any]] = []
    for path, reader, text in files:
        for line, mask in _shell.umasks(text):
            umasks.append({"file": path, "line": line, "reader": reader, "mask": mask or _computed(path, line)})
        if reader in (LOGIN, BASH):
            timeouts += [{"file": path, "line": one.line, "reader": reader, "readonly": one.readonly,
                          "exported": one.exported,
                          "seconds": _computed(path, one.line) if one.seconds is None else one.seconds}
                         for one in _shell.timeouts(text)]
    said = sorted({one["reader"] for one in umasks})
    return {
        "shell.umasks": Listing(umasks, why is None, why),
        "shell.umask_readers": Listing(said, why is None, why),
        "shell.timeouts": Listing(timeouts, why is None, why),
    }


def texts(host: Host) -> tuple[list[tuple[str, str, str]], Missing | None]:
    """(path, reader, text) of every start-up file there is, and why any could not be read."""
    paths = list(FILES.items())
    found: list[tuple[str, str, str]] = []
    why: Missing | None = None
    for place in DROP_INS:
        try:
            paths += [(f"{place}/{name}", CSH if name.endswith(".csh") else LOGIN)
                      for name in list_optional(host, place) if name.endswith((".sh", ".csh", "sh.local"))]
        except LookError as error:
            why = error.missing
    for path, reader in paths:
        if path.startswith("/usr/etc/") and any(one == path.removeprefix("/usr") for one, _, _ in found):
            continue
        try:
            text = read_optional(host, path)
        except LookError as error:
            why = why or error.missing
            continue
        if text is not None:
            found.append((path, reader, text))
    return found, why


def _computed(path: str, line: int) -> Missing:
    return Missing(Reason.UNSUPPORTED, f"{path}:{line} computes its value")


READS = (*FILES, *(f"{place}/" for place in DROP_INS))

FACTS = (
    Fact("shell.umasks", Type.RECORDS, "Every umask that a shell's start-up file sets for everybody or for root",
         Disclosure.SHARED, fields=(
             Field("file", Type.TEXT, "The file"),
             Field("line", Type.INT, "Its line"),
             Field("reader", Type.TEXT, "login shells, bash, csh, zsh, or root for root's own files"),
             Field("mask", Type.TEXT, "The permissions taken from new files, as four octal digits"),
         )),
    Fact("shell.umask_readers", Type.TEXTS, "Those of them whose start-up files set one at all", Disclosure.SHARED),
    Fact("shell.timeouts", Type.RECORDS, "Every TMOUT that a shell's start-up file sets for everybody",
         Disclosure.SHARED, fields=(
             Field("file", Type.TEXT, "The file"),
             Field("line", Type.INT, "Its line"),
             Field("reader", Type.TEXT, "login shells or bash"),
             Field("seconds", Type.INT, "After how many seconds an idle shell ends; 0: never"),
             Field("readonly", Type.BOOL, "Whether the file makes it readonly"),
             Field("exported", Type.BOOL, "Whether the file exports it"),
         )),
)

COLLECTOR = Collector(
    name="shell_settings",
    platforms=frozenset({Platform.LINUX}),
    facts=FACTS,
    collect=collect,
    reads=READS,
    needs="reading root's own files needs root",
)
