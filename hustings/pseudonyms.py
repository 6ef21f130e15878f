"""Pseudonyms: one name, one pseudonym on every machine of an office, under a key that only the office holds.

A pseudonym is the first 50 bits of HMAC-SHA-256 (RFC 2104) over the kind of name and the name, written in
base 32 (RFC 4648): ``p-k3v9…``. Who has the key and a list of candidates can find a name again; who has only
reports cannot. The server never holds the key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from hustings.errors import ConfigError
from hustings.facts import ACCOUNT, OBJECT, PERSON

DEFAULT_PATH = Path("/etc/hustings/office.key")
KEY_BYTES = 32
KINDS = (ACCOUNT, OBJECT, PERSON)
_DIGITS = 10
_NONE: frozenset[str] = frozenset()


class Pseudonyms:
    """What the names in a report become.

    ``shared`` says by subject (the declared instance; None for facts of the whole machine) which kinds of name
    its office lets leave as they are. Without a key nothing else can be told apart: ``complete`` says whether
    every kind has a way to leave.
    """

    def __init__(self, key: bytes | None = None, shared: Mapping[str | None, frozenset[str]] | None = None) -> None:
        self._key = key
        self._shared = dict(shared or {})
        self._known: dict[tuple[str, str], str] = {}

    def shares(self, kind: str, subject: str | None) -> bool:
        """Whether names of this kind leave as they are. Persons leave with the accounts that are theirs."""
        return (ACCOUNT if kind == PERSON else kind) in self._shared.get(subject, _NONE)

    def can_say(self, kinds: Iterable[str], subject: str | None) -> bool:
        """Whether every one of these kinds can leave, as it is or as a pseudonym."""
        return self._key is not None or all(self.shares(kind, subject) for kind in kinds)

    def say(self, kind: str, name: str, subject: str | None) -> str:
        """The name, or what stands for it. Raises ``ValueError`` where there is no key and it is not shared."""
        if self.shares(kind, subject) or not name:
            return name
        if self._key is None:
            raise ValueError("no office key: names cannot be told apart")
        if (kind, name) not in self._known:
            self._known[kind, name] = pseudonym(self._key, kind, name)
        return self._known[kind, name]


def pseudonym(key: bytes, kind: str, name: str) -> str:
    """What stands for ``name`` under ``key``."""
    mac = hmac.new(key, f"hustings.pseudonym/1\0{kind}\0{name}".encode(), hashlib.sha256).digest()
    return "p-" + base64.b32encode(mac).decode("ascii")[:_DIGITS].lower()


def is_one(text: str) -> bool:
    """Whether a text has the form of a pseudonym."""
    return re.fullmatch(f"p-[a-z2-7]{{{_DIGITS}}}", text) is not None


def resolve(key: bytes, wanted: str, candidates: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each (kind, name) among the candidates that ``wanted`` stands for."""
    for name in dict.fromkeys(candidates):
        for kind in KINDS:
            if pseudonym(key, kind, name) == wanted:
                yield kind, name


def key_id(key: bytes) -> str:
    """A name for the key, by which two machines can be seen to hold the same one; it tells nothing about it."""
    return hmac.new(key, b"hustings.office-key/1", hashlib.sha256).hexdigest()[:16]


def encode(key: bytes) -> str:
    """The key as one line of text."""
    return base64.b64encode(key).decode("ascii")


def decode(text: str, where: str) -> bytes:
    """The key in a line of text. Raises ``ConfigError``."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError("not an office key: 32 bytes in base 64 are expected", where=where,
                          remedy="copy the whole line that `hustings keys export` prints")
    return key


def create(path: Path, key: bytes | None = None) -> bytes:
    """Keep a key, a new one unless given, in a new file of mode 0600. Raises ``FileExistsError``, ``OSError``."""
    made = key or secrets.token_bytes(KEY_BYTES)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(encode(made) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return made


def load(path: Path) -> bytes | None:
    """The key in ``path``; None if there is none. Raises ``ConfigError`` for one that others may read."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise ConfigError("not an office key", where=str(path),
                          remedy="import it again: `hustings keys import`") from error
    except OSError as error:
        raise ConfigError(f"the office key cannot be read: {error.strerror}", where=str(path),
                          remedy="give it to the agent's user, mode 0600") from error
    if os.name == "posix" and mode & 0o077:
        raise ConfigError(f"the office key may be read by others (mode {mode & 0o777:04o})", where=str(path),
                          remedy=f"chmod 600 {path}; make a new key if others had access")
    return decode(text, str(path))
