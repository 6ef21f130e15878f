"""What a person changes about how they sign in: password, second factors, recovery codes. No HTTP here.

A second factor is added in a session that is proven, or by somebody who has none yet; whoever has one proves it first.
In a session that is older than fifteen minutes the person signs in again before anything of this is changed: an
unattended window is no key to the account.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from hustings.errors import ConfigError
from server.access import authenticator, challenges, factors, passkeys, passwords, recovery
from server.access.passkeys import Wrong
from server.access.relying_party import RelyingParty
from server.access.sign_in import SignIn
from server.config import Config
from server.pages.language import N_
from server.problems import Refused
from server.seal import open_sealed, seal
from server.spoken import Spoken
from server.store import audit, authenticators, people, recovery_codes, sessions, used_challenges
from server.store import passkeys as kept_passkeys
from server.store.database import Database
from server.store.people import Person
from server.store.sessions import Session

FRESH = timedelta(minutes=15)
OFFER = timedelta(minutes=30)
NAME_MOST = 60
PASSKEYS_MOST = 20


@dataclass(frozen=True, slots=True)
class Offer:
    """A secret for an authenticator application that nobody has confirmed yet."""

    secret: str
    picture: str
    """SVG."""
    sealed: str
    """The secret as the form gives it back: only the same session can use it."""


@dataclass(frozen=True, slots=True)
class Added:
    """A second factor is there."""

    cookie: str | None
    """The new secret of a session that is proven by it; None where it was proven before."""
    codes: tuple[str, ...]
    """Recovery codes, shown now and never again; empty where the person has some."""


class Enrolment:
    """Changes of one server's people, each by themselves."""

    def __init__(self, config: Config, database: Database, clock: Callable[[], datetime], door: SignIn) -> None:
        self._config = config
        self._database = database
        self._clock = clock
        self._door = door

    def fresh(self, session: Session) -> bool:
        """Whether the person signed in just now."""
        return self._clock() - session.created < FRESH

    def offer(self, session: Session, handle: str) -> Offer:
        """A fresh secret for an application. Raises ``Refused`` as ``may_add`` does."""
        with self._database.read(session.home) as connection:
            self._may_add(connection, session)
        return self._offer(session, handle, authenticator.fresh())

    def again(self, session: Session, handle: str, sealed: str) -> Offer | None:
        """An offer that was made to this session before; None if it was not, or is over."""
        secret = self._opened(session, sealed)
        return None if secret is None else self._offer(session, handle, secret)

    def confirm(self, secret: str, session: Session, sealed: str, code: str) -> Added | None:
        """Take an offered application if its first code is right, in place of the one before. None if it is not.

        Raises ``Refused`` (``second_factor``, ``too_many``), and ``Spoken`` in a session that is too old.
        """
        self._door.try_code(session)
        offered = self._opened(session, sealed)
        now = self._clock()
        step = None if offered is None else authenticator.step(offered, code, now)
        if offered is None or step is None:
            return None
        with self._database.write(session.home) as connection:
            person = self._may_add(connection, session)
            kept = seal(self._config, offered.encode("ascii"), factors.purpose(person.tenant, person.id))
            authenticators.put(connection, person, kept, step, now)
            return self._added(connection, secret, session, person, "authenticator", now)

    def question(self, session: Session, party: RelyingParty) -> str:
        """What a browser is asked to make a passkey, as JSON."""
        with self._database.read(session.home) as connection:
            have = factors.of(connection, session.home, session.person)
        return passkeys.to_make(
            party, challenges.fresh(self._config, f"make {session.id}", self._clock()),
            handle=factors.handle(self._config, session.home, session.person),
            name=f"{session.name}@{session.handle}", have=[one.credential for one in have.passkeys])

    def add_passkey(self, secret: str, session: Session, text: str, name: str, party: RelyingParty) -> Added | None:
        """Keep the passkey of a browser's answer. None if the answer proves nothing.

        Raises ``Refused`` (``second_factor``) and ``Spoken``.
        """
        label = _label(name)
        try:
            answer = passkeys.read(text)
            made = passkeys.made(answer, party)
        except Wrong:
            return None
        with self._database.write(session.home) as connection:
            person = self._may_add(connection, session)
            now = self._clock()
            ends = challenges.ends(self._config, answer.challenge, f"make {session.id}", now)
            if ends is None or not used_challenges.spend(connection, person.tenant, answer.challenge, ends, now):
                return None
            have = kept_passkeys.of_person(connection, person.tenant, person.id)
            if len(have) >= PASSKEYS_MOST:
                raise Spoken(N_("there are %(most)s passkeys already"), N_("remove one that is not used"),
                             {"most": PASSKEYS_MOST})
            if not kept_passkeys.add(connection, person, made, party.host, label, now):
                return None
            return self._added(connection, secret, session, person, "passkey", now)

    def rename_passkey(self, session: Session, number: int, name: str) -> bool:
        """Whether the person has it. Raises ``Spoken``."""
        label = _label(name)
        with self._database.write(session.home) as connection:
            return kept_passkeys.rename(connection, self._myself(connection, session), number, label)

    def remove_passkey(self, session: Session, number: int) -> bool:
        """Whether the person had it. Raises ``Spoken`` for the last second factor."""
        with self._database.write(session.home) as connection:
            person = self._may_change(connection, session)
            have = factors.of(connection, person.tenant, person.id)
            if not any(one.id == number for one in have.passkeys):
                return False
            _not_the_last(have)
            name = kept_passkeys.remove(connection, person, number)
            audit.record(connection, person.tenant, self._clock(), f"person:{person.name}", "person.factor-remove",
                         person.name, {"factor": "passkey", "name": name})
            return True

    def remove_authenticator(self, session: Session) -> bool:
        """Whether the person had one. Raises ``Spoken`` for the last second factor."""
        with self._database.write(session.home) as connection:
            person = self._may_change(connection, session)
            have = factors.of(connection, person.tenant, person.id)
            if have.authenticator is None:
                return False
            _not_the_last(have)
            authenticators.remove(connection, person)
            audit.record(connection, person.tenant, self._clock(), f"person:{person.name}", "person.factor-remove",
                         person.name, {"factor": "authenticator", "name": ""})
            return True

    def new_codes(self, session: Session) -> tuple[str, ...]:
        """Ten fresh recovery codes; those before are void. Raises ``Spoken``."""
        with self._database.write(session.home) as connection:
            person = self._may_change(connection, session)
            return self._codes(connection, person, self._clock())

    def change_password(self, session: Session, old: str, new: str, again: str, peer: str) -> None:
        """A new password; every other session of the person ends. Raises ``Spoken`` and ``Refused``."""
        self._door.may_try(peer)
        if new != again:
            raise Spoken(N_("the two new passwords are not the same"), N_("write the same one twice"), field="again")
        if not passwords.SHORTEST <= len(new) <= passwords.LONGEST:
            raise Spoken(N_("a password has %(least)s to %(most)s characters"), N_("use several unrelated words"),
                         {"least": passwords.SHORTEST, "most": passwords.LONGEST}, field="new")
        with self._database.read(session.home) as connection:
            person = self._myself(connection, session)
            if person.password is None:
                self._may_change(connection, session)
        if person.password is not None:
            self._door.try_password(session)
            if not self._door.knows(person, old):
                raise Spoken(N_("the password you have now is another"), N_("write the one you sign in with"),
                             field="old")
        kept = passwords.hashed(new)
        with self._database.write(session.home) as connection:
            now = self._clock()
            people.set_password(connection, person, kept)
            sessions.end_all(connection, person.tenant, person.id, now, "password", but=session.id)
            audit.record(connection, person.tenant, now, f"person:{person.name}", "person.password", person.name)

    def _added(self, connection: Connection, secret: str, session: Session, person: Person, factor: str,
               now: datetime) -> Added:
        audit.record(connection, person.tenant, now, f"person:{person.name}", "person.factor-add", person.name,
                     {"factor": factor})
        codes: tuple[str, ...] = ()
        if not recovery_codes.left(connection, person.tenant, person.id):
            codes = self._codes(connection, person, now)
        return Added(None if session.proven else sessions.prove(connection, person, secret, now), codes)

    def _codes(self, connection: Connection, person: Person, now: datetime) -> tuple[str, ...]:
        codes = tuple(recovery.fresh())
        recovery_codes.replace(connection, person, codes, now)
        audit.record(connection, person.tenant, now, f"person:{person.name}", "person.recovery-codes", person.name)
        return codes

    def _myself(self, connection: Connection, session: Session) -> Person:
        person = people.get(connection, session.home, session.person)
        if person is None or not session.proven:
            raise Refused("second_factor")
        return person

    def _may_change(self, connection: Connection, session: Session) -> Person:
        """Raises ``Refused`` in a session that is not proven, ``Spoken`` in one that is too old."""
        person = self._myself(connection, session)
        if not self.fresh(session):
            raise Spoken(N_("you signed in more than 15 minutes ago"),
                         N_("sign out and in again, then change how you sign in"))
        return person

    def _may_add(self, connection: Connection, session: Session) -> Person:
        """The same, but for somebody who has no second factor yet, and adds the first."""
        person = people.get(connection, session.home, session.person)
        if session.proven or person is None or factors.of(connection, session.home, session.person).count:
            return self._may_change(connection, session)
        return person

    def _offer(self, session: Session, handle: str, secret: str) -> Offer:
        address = authenticator.address(secret, f"{session.name}@{handle}", "Hustings")
        ends = int((self._clock() + OFFER).timestamp())
        sealed = seal(self._config, f"{ends} {secret}".encode("ascii"), f"offer {session.id}")
        return Offer(" ".join(secret[at:at + 4] for at in range(0, len(secret), 4)), authenticator.picture(address),
                     sealed.hex())

    def _opened(self, session: Session, sealed: str) -> str | None:
        try:
            ends, _, secret = open_sealed(
                self._config, bytes.fromhex(sealed), f"offer {session.id}").decode("ascii").partition(" ")
        except (ValueError, ConfigError):
            return None
        return secret if self._clock().timestamp() < int(ends) else None


def _label(text: str) -> str:
    label = text.strip()
    if not 1 <= len(label) <= NAME_MOST or not label.isprintable():
        raise Spoken(N_("a passkey's name has 1 to %(most)s printable characters"), N_("write for example: my phone"),
                     {"most": NAME_MOST}, field="name")
    return label


def _not_the_last(have: factors.Factors) -> None:
    if have.count < 2:
        raise Spoken(N_("this is your only second factor"), N_("add another one first"))
