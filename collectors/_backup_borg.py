"""borg: ``borg list`` names the archives, their machines and how they were made, and the repository's kind.

Of the kinds, ``none`` and the two ``authenticated`` ones leave everything readable. The same is written in
front of each object in a repository's segments: one byte that names the kind of key (borg's internals, "Data
structures and file formats"). Borg will not do without a home to keep notes in: it gets a passing one. The
passphrase is read by borg itself, from the file, with a command that holds its name alone.
"""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime

from collectors import _ini
from collectors._backup import Backup, Contents, ask, files_below
from collectors.host.protocol import Host, LookError, NotThere, Unreadable
from hustings.declared import Repository
from hustings.facts import Reason

_READABLE_MODES = ("none", "authenticated", "authenticated-blake2")
_SEGMENT = b"BORG_SEG"
_PUT, _READABLE_KEYS, _KEYS = 0, (2, 6, 7), range(8)
_HEADER = 9
"""Bytes before an entry's key: checksum, size and tag."""
_FORMAT = "--format={hostname}{command_line}{time}"


class Borg:
    """Repositories of borg 1.x, on this machine or over SSH."""

    reads: tuple[str, ...] = ()
    runs = ("borg *",)

    def contents(self, host: Host, repository: Repository, patience: float) -> Contents:
        said = ask(host, "borg", "list", "--bypass-lock", "--json", _FORMAT, repository.location,
                   env=environment(repository), patience=patience, home=True)
        return parse_list(said)

    def location(self, host: Host, repository: Repository) -> str:
        """An SSH location in restic's way of writing."""
        place = repository.location
        if place.startswith("ssh://"):
            return "sftp://" + place.removeprefix("ssh://")
        if not place.startswith(("/", "file://")) and ":" in place:
            return "sftp:" + place
        return place.removeprefix("file://")

    def readable(self, host: Host, repository: Repository, directory: str) -> tuple[int, int]:
        seen = [key_kinds(host.head(path, 1 << 16)) for path in files_below(host, f"{directory}/data")]
        kinds = [one for one in seen if one]
        return sum(any(kind in _READABLE_KEYS for kind in one) for one in kinds), len(kinds)

    def append_only(self, host: Host, repository: Repository, directory: str | None) -> bool:
        if directory is None:
            raise LookError(Reason.UNSUPPORTED, "whether the other machine lets it be changed cannot be seen from here")
        try:
            found = _ini.parse(host.read(f"{directory}/config"), f"{directory}/config")
        except NotThere as error:
            raise Unreadable(f"{directory} holds no borg repository") from error
        said = found.get("repository", {}).get("append_only", "")
        if said not in ("0", "1"):
            raise Unreadable(f"{directory}/config is not a borg repository's")
        return said == "1"


def environment(repository: Repository) -> dict[str, str]:
    """What borg needs to know to ask nobody anything. No secret is in it."""
    ssh = ["ssh", *(["-F", repository.config] if repository.config else []), "-oBatchMode=yes"]
    found = {"BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes", "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
             "BORG_RSH": shlex.join(ssh), "TZ": "UTC"}
    if repository.password_file:
        found["BORG_PASSCOMMAND"] = shlex.join(["cat", repository.password_file])
    return found


def parse_list(text: str) -> Contents:
    """The answer of ``borg list --json`` in UTC. Raises ``Unreadable``."""
    try:
        found = json.loads(text)
        backups = tuple(_backup(one) for one in found["archives"])
        return Contents(backups, encrypted=found["encryption"]["mode"] not in _READABLE_MODES)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"borg list gave no list of archives: {error}") from error


def _backup(one: dict[str, object]) -> Backup:
    made = datetime.fromisoformat(str(one["time"]))
    made = made.replace(microsecond=0, tzinfo=made.tzinfo or UTC).astimezone(UTC)
    line = one.get("command_line")
    words = shlex.split(line) if isinstance(line, str) else [str(word) for word in line] \
        if isinstance(line, list) else []
    paths, without = paths_of(words)
    return Backup(made, str(one.get("hostname", "")), paths, without, str(one.get("name", "")))


def paths_of(words: list[str]) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """What a ``borg create`` command backs up, and what it leaves out. None if that cannot be told.

    Absolute paths after the archive count. Patterns from files, and patterns that are no plain paths, could
    leave out anything: then nothing is claimed.
    """
    start = next((index for index, word in enumerate(words) if "::" in word and not word.startswith("-")), None)
    if start is None:
        return None, ()
    without: list[str] = []
    paths: list[str] = []
    index = 1
    while index < len(words):
        word = words[index]
        name, equals, value = word.partition("=")
        if name in ("-e", "--exclude"):
            value = value if equals else "".join(words[index + 1: index + 2])
            index += 0 if equals else 1
            if not value.startswith("/") or any(one in value for one in "*?["):
                return None, ()
            without.append(value)
        elif name in ("--exclude-from", "--pattern", "--patterns-from", "--paths-from-stdin", "--paths-from-command"):
            return None, ()
        elif index > start and word.startswith("/"):
            paths.append(word)
        index += 1
    return tuple(paths), tuple(without)


def key_kinds(segment: bytes) -> set[int]:
    """The kinds of key that the objects at the beginning of a segment say they are written with."""
    if not segment.startswith(_SEGMENT):
        return set()
    kinds, at = set(), len(_SEGMENT)
    while at + _HEADER + 33 <= len(segment):
        size, tag = int.from_bytes(segment[at + 4: at + 8], "little"), segment[at + 8]
        if tag == _PUT and segment[at + _HEADER + 32] in _KEYS:
            kinds.add(segment[at + _HEADER + 32])
        if size < _HEADER:
            break
        at += size
    return kinds
