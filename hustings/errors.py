"""Every error Hustings raises on purpose, in one tree.

::

    HustingsError                 what, where and how to fix it; carries the exit code
    ├── UsageError         (2)    wrong arguments
    │   ├── ConfigError    (2)    a configuration file says something it may not
    │   └── PolicyError    (2)    a policy pack is refused: file, line, remedy
    ├── CannotFinish       (3)    unreachable, denied, out of space
    ├── Untrusted          (1)    a signature, key, pin or digest does not hold
    │   ├── BadKey                a public key no honest signer has
    │   └── BadSignature          the signature does not cover these bytes
    └── BadDocument        (2)    bytes that are not the document they claim to be
        ├── BadJson               not strict JSON
        └── TooLarge              over a limit that is checked before work is done
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every ``hustings`` command."""

    OK = 0
    NO = 1
    USAGE = 2
    CANNOT = 3
    INCOMPLETE = 4


class HustingsError(Exception):
    """Something a person can act on.

    ``what`` is one sentence; ``where`` names the file, line or address; ``remedy`` says what to do.
    """

    exit_code: Exit = Exit.CANNOT

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(self.__str__())

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n  fix: {self.remedy}" if self.remedy else text


class UsageError(HustingsError):
    """The command cannot do what it was asked to; nothing was changed."""

    exit_code = Exit.USAGE


class ConfigError(UsageError):
    """A configuration file is refused."""


class PolicyError(UsageError):
    """A policy file or pack is refused."""


class CannotFinish(HustingsError):
    """The work was understood but could not be completed here and now."""

    exit_code = Exit.CANNOT


class Untrusted(HustingsError):
    """A proof does not hold."""

    exit_code = Exit.NO


class BadKey(Untrusted):
    """A public key that is malformed, non-canonical or of small order."""


class BadSignature(Untrusted):
    """No valid signature by the expected key over these exact bytes."""


class BadDocument(HustingsError):
    """Bytes that are not the document they claim to be."""

    exit_code = Exit.USAGE


class BadJson(BadDocument):
    """Not strict JSON: duplicate keys, NaN, lone surrogates, too deep, or no JSON at all."""


class TooLarge(BadDocument):
    """Larger than the limit for this kind of document."""
