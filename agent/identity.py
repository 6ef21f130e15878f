"""Who this agent is: its state directory, its key, and where it is enrolled.

``agent.json`` names the key file, so that replacing that one file replaces the whole identity.
"""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from agent import durable
from hustings import keys
from hustings.errors import CannotFinish, ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

DEFAULT_STATE = Path("/var/lib/hustings")
SCHEMA = "hustings.agent/1"


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``agent.json``: what an accepted enrolment left behind."""

    schema: str
    server: str
    """The server's base address: ``https://host:port``."""
    tenant: str
    agent: str
    epoch: str
    """Names this run of sequence numbers; a new one begins when the chain cannot be continued."""
    key: str
    """The name of the private key's file in the state directory."""
    enrolled: datetime
    approved: bool
    """Whether the server had approved this machine when it answered."""
    roles: tuple[str, ...] = ()
    ca: str = ""
    """The name of the file with the pinned certificate authority; empty to trust the system's."""
    pin: str = ""
    proxy: str = ""
    public: str = ""
    """The public half of the key, as base64: what signed this machine's own records is checked against it."""


@dataclass(frozen=True)
class Signer:
    """What it takes to sign as this agent."""

    tenant: str
    agent: str
    epoch: str
    private: Ed25519PrivateKey


def new_epoch() -> str:
    """A fresh random epoch id: 128 bits as hex."""
    return secrets.token_hex(16)


class State:
    """The state directory of one agent, checked before it is used."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.identity_file = place / "agent.json"
        self.pending_file = place / "enrolling.json"
        self.contact_file = place / "contact.json"
        self.cache_file = place / "facts.cache"
        self.sweep_file = place / "sweep.memory"
        self.entra_file = place / "entra.memory"
        self.lock_file = place / "lock"

    def create(self) -> None:
        """Make the directory if it is not there, and check it. Raises ``ConfigError``."""
        try:
            self.place.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"the state directory cannot be made: {error.strerror}", where=str(self.place),
                              remedy="run as root, or name a directory of your own with --state DIR") from error
        self.check()

    def check(self) -> None:
        """Refuse a directory that others may change or that belongs to someone else. Raises ``ConfigError``."""
        try:
            seen = self.place.lstat()
        except FileNotFoundError as error:
            raise self._not_enrolled() from error
        except OSError as error:
            raise self._closed(error) from error
        if not stat.S_ISDIR(seen.st_mode):
            raise ConfigError("the state directory is not a directory", where=str(self.place),
                              remedy="name a real directory, not a link, with --state DIR")
        if os.name != "posix":
            return
        if seen.st_uid != os.geteuid():
            owner = _user_name(seen.st_uid)
            raise ConfigError(f"the state directory belongs to {owner}, not to {_user_name(os.geteuid())}",
                              where=str(self.place), remedy=f"run this as {owner}: `runuser -u {owner} -- hustings …`, "
                              "or `systemctl start hustings-agent.service` for a report now")
        if seen.st_mode & 0o022:
            raise ConfigError(f"others may write to the state directory (mode {stat.S_IMODE(seen.st_mode):04o})",
                              where=str(self.place), remedy=f"chmod 700 {self.place}")

    def foreign(self) -> str:
        """The name of something in the directory that no agent puts there, or "" if there is none."""
        ours = {"agent.json", "enrolling.json", "contact.json", "facts.cache", "lock", "spool", "cache", "proofs",
                "scratch", self.sweep_file.name, self.entra_file.name}
        for one in sorted(self.place.iterdir()) if self.place.is_dir() else []:
            kinds = one.match("agent-*.key") or one.match("ca-*.pem") or one.name.endswith(durable.SCRATCH)
            if one.name not in ours and not kinds:
                return one.name
        return ""

    def enrolled(self) -> bool:
        return self.identity_file.exists()

    def load(self) -> Identity:
        """This agent's identity. Raises ``ConfigError`` if it is not enrolled or the file is damaged."""
        self.check()
        return self.peek()

    def peek(self) -> Identity:
        """Like ``load``, for a reader that owns nothing here (root, looking at a service account's state)."""
        try:
            data = self.identity_file.read_bytes()
        except FileNotFoundError as error:
            raise self._not_enrolled() from error
        except OSError as error:
            raise self._closed(error) from error
        try:
            identity = msgspec.json.decode(data, type=Identity)
        except msgspec.MsgspecError as error:
            raise ConfigError(f"damaged: {error}", where=str(self.identity_file),
                              remedy="enrol again with --force and a new token") from error
        if identity.schema != SCHEMA:
            raise ConfigError(f"of schema {identity.schema!r}, which this version does not know",
                              where=str(self.identity_file), remedy="update hustings, or enrol again with --force")
        return identity

    def save(self, identity: Identity) -> None:
        """Replace the identity in one durable step. Raises ``CannotFinish``."""
        durable.write(self.identity_file, msgspec.json.encode(identity))

    def begin_epoch(self, identity: Identity) -> Identity:
        """Start counting anew: what still waits will be signed again in the new epoch."""
        renewed = msgspec.structs.replace(identity, epoch=new_epoch())
        self.save(renewed)
        return renewed

    def signer(self, identity: Identity) -> Signer:
        """The private key, ready to sign. Raises ``ConfigError``."""
        path = self.place / identity.key
        try:
            private = keys.load(path)
        except FileNotFoundError as error:
            raise ConfigError("the agent's private key is gone", where=str(path),
                              remedy="enrol again with --force and a new token") from error
        except OSError as error:
            raise self._closed(error) from error
        return Signer(identity.tenant, identity.agent, identity.epoch, private)

    def new_key(self) -> str:
        """Make a private key in a file of its own; the file's name. Raises ``CannotFinish``."""
        name = f"agent-{secrets.token_hex(6)}.key"
        try:
            keys.create(self.place / name)
        except OSError as error:
            raise durable.unwritable(self.place / name, error) from error
        durable.sync(self.place)
        return name

    def spool(self, identity: Identity) -> Path:
        """The spool of this enrolment. What waited for another server is never sent to this one."""
        return self.place / "spool" / identity.agent

    def _not_enrolled(self) -> ConfigError:
        return ConfigError("this machine is not enrolled", where=str(self.place),
                           remedy="run the `hustings agent enroll` line that `hustings server token` prints")

    def _closed(self, error: OSError) -> CannotFinish:
        return CannotFinish(f"cannot be read: {error.strerror}", where=str(self.place),
                            remedy="run as root, or as the account the agent runs under")


def _user_name(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
