"""Acting as the account a state directory belongs to, so that root leaves nothing there it cannot use."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from hustings.errors import CannotFinish

SETPRIV = ("/usr/bin/setpriv", "/bin/setpriv")


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


def run_as_owner(place: Path, arguments: Sequence[str]) -> None:
    """Start ``hustings`` again as the owner of ``place``, with the service's capabilities and no others.

    Returns only if there is nothing to change: we are not root, or the directory is ours or not there.
    Raises ``CannotFinish`` if setpriv (util-linux) is not installed.
    """
    if os.name != "posix" or os.geteuid() != 0 or not place.is_dir() or (owner := place.lstat().st_uid) == 0:
        return
    import pwd

    from agent.service import UNITS
    from agent.units import NAME, capabilities

    setpriv = next((one for one in SETPRIV if Path(one).is_file()), None)
    if setpriv is None:
        raise CannotFinish("it belongs to the agent's account, and setpriv is not installed", where=str(place),
                           remedy=f"start it by `systemctl start {NAME}.service`")
    unit = UNITS / f"{NAME}.service"
    names = capabilities(unit.read_text(encoding="utf-8") if unit.is_file() else "")
    caps = ",".join(["-all", *("+" + name.removeprefix("CAP_").lower() for name in names)])
    try:
        group = pwd.getpwuid(owner).pw_gid
    except KeyError:
        group = owner
    environment = {"PATH": os.defpath, "HOME": str(place), "XDG_CACHE_HOME": str(place / "cache")}
    python = [sys.executable, "-I", "-m", "hustings"]
    os.execve(setpriv, [setpriv, "--reuid", str(owner), "--regid", str(group), "--clear-groups",  # noqa: S606
                        "--inh-caps", caps, "--ambient-caps", caps, "--bounding-set", caps, "--no-new-privs",
                        *python, *arguments], environment)
