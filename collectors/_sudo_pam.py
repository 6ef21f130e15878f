"""What lets somebody through sudo's PAM stack without asking who they are."""

from __future__ import annotations

from collectors import _pam
from collectors.host.protocol import Host, NotThere, Unreadable

UNASKED = frozenset({"pam_succeed_if", "pam_permit", "pam_rootok", "pam_wheel", "pam_localuser", "pam_listfile",
                     "pam_exec", "pam_access", "pam_group", "pam_time"})
"""Modules that answer without asking for anything a person knows or has."""


def shortcuts(host: Host) -> list[dict[str, object]]:
    """Every such module in the stack, and whether its yes is enough. Raises ``LookError``."""
    try:
        entries = _pam.stack(host.read, "sudo")
    except _pam.StackFault as fault:
        raise Unreadable(str(fault)) from fault
    except NotThere as error:
        if error.what.endswith("/pam.d/sudo"):
            return []
        raise
    return [{"module": entry.module, "kind": entry.kind, "control": entry.control, "enough": _enough(entry),
             "file": entry.file, "line": entry.line} for entry in entries if entry.module in UNASKED]


def _enough(entry: _pam.Entry) -> bool:
    if entry.kind != "auth" or (entry.module == "pam_wheel" and "trust" not in entry.arguments):
        return False
    success = entry.actions.get("success", "")
    return entry.control == "sufficient" or success == "done" or success.isdigit()
