"""Linux-PAM itself, asked what it makes of a stack of pam_debug modules whose answers are fixed."""

from __future__ import annotations

import ctypes
import ctypes.util
from pathlib import Path

DEBUG = next((str(path) for path in Path("/usr/lib").glob("*/security/pam_debug.so")),
             next((str(path) for path in Path("/usr/lib64/security").glob("pam_debug.so")), ""))
_CONVERSE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


class _Conversation(ctypes.Structure):
    _fields_ = (("converse", _CONVERSE), ("data", ctypes.c_void_p))


def impossible() -> str:
    """Why it cannot be asked here, or ""."""
    name = ctypes.util.find_library("pam")
    if not name or not hasattr(ctypes.CDLL(name), "pam_start_confdir"):
        return "no libpam that takes a directory of its own (Linux-PAM 1.4)"
    return "" if DEBUG else "no pam_debug.so"


def authenticate(directory: Path, service: str) -> int:
    """What ``pam_authenticate`` answers for a service whose files are in ``directory``; 0 is success."""
    libpam = ctypes.CDLL(ctypes.util.find_library("pam") or "")
    handle = ctypes.c_void_p()
    conversation = _Conversation(_CONVERSE(lambda count, asked, answers, data: 19), None)
    started = libpam.pam_start_confdir(service.encode(), b"somebody", ctypes.byref(conversation),
                                       str(directory).encode(), ctypes.byref(handle))
    if started != 0:
        return int(started)
    said = int(libpam.pam_authenticate(handle, 0))
    libpam.pam_end(handle, said)
    return said
