"""Acting as the account a state directory belongs to, so that root leaves nothing there it cannot use."""

from __future__ import annotations

import os
from pathlib import Path

from hustings.errors import CannotFinish


def as_owner(place: Path) -> None:
    """Become the owner of ``place``, if we are root, it exists and it is someone else's. For good.

    Raises ``CannotFinish`` if that account has no group or the kernel refuses.
    """
    if os.name != "posix" or os.geteuid() != 0:
        return
    import pwd

    try:
        owner = place.lstat().st_uid
    except FileNotFoundError:
        return
    if owner == 0:
        return
    try:
        account = pwd.getpwuid(owner)
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(owner)
    except (KeyError, OSError) as error:
        raise CannotFinish(f"its owner, uid {owner}, is not an account to act as: {error}", where=str(place),
                           remedy="give the directory to root or to the agent's account") from error
