"""GRUB's configuration (GNU GRUB manual, "Security" and "Simple configuration") and boot loader entries
(Boot Loader Specification, type 1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_KERNEL = re.compile(r"^\s*linux(?:16|efi)?\s+(\S+)[ \t]*(.*)$")
_TITLE = re.compile(r"""^\s*menuentry\s+(['"])(.*?)\1""")
_SUPERUSERS = re.compile(r"""^\s*set\s+superusers=(?:"([^"]*)"|'([^']*)'|(\S*))\s*$""")
_PASSWORD = re.compile(r"^\s*(password|password_pbkdf2)\s+(\S+)\s+(\S+)")
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_HASH = "grub.pbkdf2."
_SHELL = re.compile(r"""^\s*(?:export\s+)?(\w+)=("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#]*)""")


@dataclass(frozen=True, slots=True)
class Entry:
    """A kernel that can be started, with its arguments."""

    title: str
    arguments: tuple[str, ...]

    @property
    def recovery(self) -> bool:
        """Whether it starts a rescue shell."""
        return bool({"single", "recovery", "rescue", "emergency", "systemd.unit=rescue.target",
                     "systemd.unit=emergency.target"} & set(self.arguments))


def entries(text: str) -> list[Entry]:
    """The entries of a ``grub.cfg``. Variables that only the running loader fills in are left as they stand."""
    found, title = [], ""
    for line in text.splitlines():
        if match := _TITLE.match(line):
            title = match[2]
        elif match := _KERNEL.match(line):
            found.append(Entry(title or match[1], tuple(_unquoted(word) for word in match[2].split())))
    return found


def loader_entry(text: str, variables: dict[str, str]) -> Entry | None:
    """One file of ``/boot/loader/entries``; None if it starts no kernel. ``$name`` is filled in from ``variables``
    where they have it."""
    said: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, *value = line.strip().split(None, 1) or [""]
        said.setdefault(key, []).append(value[0] if value else "")
    if "linux" not in said and "efi" not in said:
        return None
    options = _VARIABLE.sub(lambda name: variables.get(name[1], name[0]), " ".join(said.get("options", [])))
    return Entry((said.get("title") or said.get("linux") or [""])[0], tuple(options.split()))


def environment(text: str) -> dict[str, str]:
    """The variables of a ``grubenv``."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))


def password(text: str, user_file: str | None) -> str:
    """What protects the menu of a ``grub.cfg``: ``hashed``, ``plain``, ``locked`` (nobody has a password, so that
    nothing can be changed) or ``none``. ``user_file`` is ``user.cfg``, which the file may read."""
    superusers: set[str] = set()
    named = False
    kinds: dict[str, str] = {}
    from_file = "user.cfg" in text and user_file is not None and hashed_user_file(user_file)
    for line in text.splitlines():
        if match := _SUPERUSERS.match(line):
            users = next(group for group in (*match.groups(), "") if group is not None)
            superusers, named = set(re.split(r"[\s,;&|]+", users)) - {""}, bool(users)
        elif match := _PASSWORD.match(line):
            word, user, secret = match.groups()
            if "GRUB2_PASSWORD" in secret:
                if from_file:
                    kinds[user] = "hashed"
            elif word == "password_pbkdf2" and secret.startswith(_HASH):
                kinds[user] = "hashed"
            elif word == "password":
                kinds[user] = "plain"
    if not named:
        return "none"
    own = {kinds[user] for user in superusers if user in kinds}
    if not own:
        return "none" if "user.cfg" in text and not from_file else "locked"
    return "plain" if "plain" in own else "hashed"


def hashed_user_file(text: str) -> bool:
    """Whether a ``user.cfg`` holds a hashed password."""
    return any(line.strip().startswith(f"GRUB2_PASSWORD={_HASH}") for line in text.splitlines())


def defaults(text: str) -> dict[str, str]:
    """The variables of ``/etc/default/grub``, a shell file: the last assignment counts."""
    found = {}
    for line in text.splitlines():
        if match := _SHELL.match(line):
            found[match[1]] = _unquoted(match[2]).replace('\\"', '"')
    return found


def _unquoted(word: str) -> str:
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'" else word
