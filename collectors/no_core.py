"""No memory image is left of a process that holds secrets.

Core files hold whatever was in memory: keys, tokens, passwords. A (soft) limit of 0 keeps the kernel from writing
one; where cores are piped to a program the limit is not asked, so that on Linux the process also says that it may not
be dumped (prctl(2), PR_SET_DUMPABLE), which in turn keeps other processes of the same account from reading its memory.
"""

from __future__ import annotations

import sys

_PR_SET_DUMPABLE = 4


def forbid() -> None:
    """From now on this process leaves no core file. Processes it starts inherit the limit, and programs it runs
    are dumpable again: call it in each process that holds secrets. Nothing to do on Windows."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
