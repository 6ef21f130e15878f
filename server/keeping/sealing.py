"""Encryption of backups with age (age-encryption.org/v1): to recipients' X25519 keys, or with a passphrase.

With a passphrase the file begins with a key of its own that the passphrase locks, since age locks no stream of any
length with a passphrase in bounded memory here: ``hustings-locked/1 SIZE``, a newline, that many bytes, the age file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol

import pyrage
from pyrage import passphrase as locking
from pyrage import x25519

from hustings.errors import BadDocument, CannotFinish, Untrusted, UsageError

LOCKED = b"hustings-locked/1 "
LEAST = 12
"""Characters of a passphrase, at least."""
_LINE = 64


class Taking(Protocol):
    """What decrypted bytes are written to."""

    def write(self, data: bytes, /) -> int: ...

    def flush(self) -> None: ...


def make_identity(file: Path, now: datetime) -> str:
    """Write a new identity to keep offline (mode 0600, never over another file) and return its recipient."""
    identity = x25519.Identity.generate()
    public = str(identity.to_public())
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise UsageError("there is a file already", where=str(file), remedy="name another; a key is never replaced"
                         ) from error
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(file),
                         remedy="name a file in a directory that you may write") from error
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(f"# created: {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}\n# public key: {public}\n{identity}\n")
        out.flush()
        os.fsync(out.fileno())
    return public


def recipients(texts: Sequence[str]) -> list[x25519.Recipient]:
    """Recipients from ``age1…``. Raises ``UsageError``."""
    found = []
    for text in texts:
        if text.upper().startswith("AGE-SECRET-KEY-"):
            raise UsageError("that is the secret key itself", where="--recipient",
                             remedy="give its public key (age1…); make a new key if others have seen this one")
        try:
            found.append(x25519.Recipient.from_str(text))
        except pyrage.RecipientError as error:
            raise UsageError(f"{text[:80]!r} is no recipient", where="--recipient",
                             remedy="give the line that begins with age1, as hustings server backup-key printed it"
                             ) from error
    return found


def identities(file: Path) -> list[x25519.Identity]:
    """Every identity of an identity file. Raises ``UsageError``."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("the identity file cannot be read", where=str(file),
                         remedy="name the file that hustings server backup-key made") from error
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            found.append(x25519.Identity.from_str(line.strip()))
        except pyrage.IdentityError as error:
            raise UsageError("a line is no identity", where=f"{file}:{number}",
                             remedy="name the file that hustings server backup-key made") from error
    if not found:
        raise UsageError("there is no identity in it", where=str(file),
                         remedy="name the file that hustings server backup-key made")
    return found


def passphrase(file: Path) -> str:
    """The first line of a file. Raises ``UsageError`` for one that is short."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("the passphrase file cannot be read", where=str(file),
                         remedy="name a text file whose first line is the passphrase") from error
    if not lines or len(lines[0]) < LEAST:
        raise UsageError(f"a passphrase has at least {LEAST} characters", where=str(file),
                         remedy="write a longer one: several words that nobody else puts together")
    return lines[0]


def encrypt(source: Iterator[bytes], out: IO[bytes], to: Sequence[x25519.Recipient], phrase: str | None) -> (
        x25519.Identity):
    """Write what ``source`` yields, encrypted. Returns an identity that opens it too, which exists in this process
    alone, so that the file can be read back without the key that is kept offline.

    What ``source`` raises is raised. Raises ``OSError`` for what the file system refuses.
    """
    own = x25519.Identity.generate()
    everyone = [own.to_public(), *to]
    if phrase is not None:
        locked = locking.encrypt(str(own).encode(), phrase)
        out.write(LOCKED + b"%d\n" % len(locked) + locked)
    reading, writing = _Pulled(source), _Written(out)
    try:
        pyrage.encrypt_io(reading, writing, everyone)
    except (pyrage.EncryptError, OSError) as error:
        raise reading.failed or writing.failed or CannotFinish(
            f"the encryption failed: {error}", remedy="try again") from error
    return own


def decrypt(file: IO[bytes], out: Taking, keys: Sequence[x25519.Identity], phrase: str | None) -> None:
    """Write what a file holds to ``out``. What ``out`` raises is raised; a file that ends too early, or was changed,
    is ``BadDocument``; a key that does not open it is ``Untrusted``. What was written before is not to be trusted.
    """
    known = list(keys)
    head = file.read(len(LOCKED))
    if head == LOCKED:
        size = file.readline(_LINE).strip()
        if not size.isdigit() or int(size) > 1 << 16:
            raise BadDocument("the file is damaged at its beginning", remedy="use another backup")
        locked = file.read(int(size))
        if phrase is not None:
            try:
                known.append(x25519.Identity.from_str(locking.decrypt(locked, phrase).decode("ascii")))
            except (pyrage.DecryptError, pyrage.IdentityError, OSError, UnicodeDecodeError) as error:
                raise Untrusted("this passphrase does not open it", remedy="give the passphrase it was made with"
                                ) from error
        elif not known:
            raise UsageError("the backup is locked with a passphrase", remedy="give --passphrase-file FILE")
    else:
        if phrase is not None and not known:
            raise UsageError("the backup is not locked with a passphrase",
                             remedy="give --identity FILE, the key that opens it")
        file.seek(-len(head), os.SEEK_CUR)
    writing = _Into(out)
    try:
        pyrage.decrypt_io(file, writing, known)
    except (pyrage.DecryptError, OSError) as error:
        if writing.failed is not None:
            raise writing.failed from error
        if "keys" in str(error):
            raise Untrusted("this key does not open it", remedy="give the identity of one of its recipients"
                            ) from error
        raise BadDocument("the encrypted file is damaged, cut short or no backup", remedy="use another backup"
                          ) from error


class _Pulled:
    """A file to read from, out of what an iterator yields. Keeps what it raised."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self._held = b""
        self.failed: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        while not self._held:
            try:
                self._held = next(self._source)
            except StopIteration:
                return b""
            except BaseException as error:
                self.failed = error
                raise
        part, self._held = (self._held[:size], self._held[size:]) if size >= 0 else (self._held, b"")
        return part


class _Written:
    """A file to write to. Keeps what it raised."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self.failed: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._out.write(data)
        except BaseException as error:
            self.failed = error
            raise

    def flush(self) -> None:
        self._out.flush()


class _Into:
    """The same for what takes decrypted bytes."""

    def __init__(self, out: Taking) -> None:
        self._out = out
        self.failed: BaseException | None = None

    def write(self, data: Any) -> int:
        try:
            return self._out.write(bytes(data))
        except BaseException as error:
            self.failed = error
            raise

    def flush(self) -> None:
        self._out.flush()
