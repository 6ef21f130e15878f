"""Signing in and out: what is decided, without any HTTP.

The rules:

- A name and a password open a session that has proven nothing yet: it reaches the pages on which a second factor is
  proven or, where there is none yet, added; nothing else.
- A passkey with user verification is both factors at once. A link from the server's own machine counts as proven:
  whoever is at its console may do more than any page lets them.
- A session's secret changes at the moment it is proven, so that one that was known before is worth nothing.
- A code of an authenticator, a recovery code and a challenge are each taken once.
- Tries are limited by person with address, by address, and by person. Guessing at a second factor needs the password
  first, and passkeys are not guessed at: nobody can be locked out by a stranger, and nobody for good.
- A name that does not exist costs as much work as one that does, and is answered with the same words.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.engine import Connection

from server.access import authenticator, challenges, factors, names, passkeys, passwords
from server.access.passkeys import Answer, Wrong
from server.access.relying_party import RelyingParty
from server.config import Config
from server.problems import Refused
from server.seal import open_sealed
from server.store import audit, authenticators, links, people, recovery_codes, sessions, used_challenges
from server.store import passkeys as kept_passkeys
from server.store.database import WHOLE_SERVER, Database
from server.store.people import Person
from server.store.sessions import Session
from server.throttle import Throttle

_AT_ONCE = 2
"""Passwords checked at the same time: each costs 64 MiB and a tenth of a second."""
SIGN_IN = "sign-in"
"""What a challenge for signing in is for."""


class SignIn:
    """Signs people in, slowly enough that guessing is hopeless."""

    def __init__(self, config: Config, database: Database, clock: Callable[[], datetime]) -> None:
        self._config = config
        self._database = database
        self._clock = clock
        self._by_pair = Throttle(rate=1 / 60, burst=5)
        self._by_peer = Throttle(rate=1 / 10, burst=30)
        self._by_name = Throttle(rate=1 / 10, burst=100)
        self._links_by_peer = Throttle(rate=1, burst=200)
        self._codes_by_pair = Throttle(rate=1 / 120, burst=5)
        self._codes_by_person = Throttle(rate=1 / 300, burst=20)
        self._recovery_by_person = Throttle(rate=1 / 60, burst=10)
        self._invitations = Throttle(rate=1 / 2, burst=60)
        self._checking = threading.BoundedSemaphore(_AT_ONCE)

    def with_password(self, name: str, password: str, peer: str, device: str = "") -> str | None:
        """The secret of a new session that has proven nothing yet, or None if the name or the password is wrong.

        ``peer`` is the address asked from. Raises ``Refused`` (``too_many``) past 5 tries for one name
        from one address, 30 from one address and 100 for one name, before any password is checked. A try
        refused counts no further: one address cannot use up a name for everyone else.
        """
        pair = f"{peer} {name.casefold()}"
        _wait(self._by_pair.take(pair) or self._by_peer.take(peer) or self._by_name.take(name.casefold()))
        with self._database.read(WHOLE_SERVER) as connection:
            person = names.person(connection, name)
        if not self.knows(person, password) or person is None:
            if person is not None:
                self._refused(person, "password", peer)
            return None
        with self._database.write(person.tenant) as connection:
            now = self._clock()
            _note(connection, person, now, "password", peer)
            secret = sessions.start(connection, person, "password", now, proven=False, peer=peer, device=device)
        self._by_pair.clear(pair)
        return secret

    def knows(self, person: Person | None, password: str) -> bool:
        """Whether a password is a person's, who may sign in. Takes as long for nobody."""
        with self._checking:
            right = passwords.matches(person.password if person else None, password)
        return right and person is not None and person.disabled is None

    def may_try(self, peer: str) -> None:
        """Count one try of an address. Raises ``Refused`` (``too_many``) past 30."""
        _wait(self._by_peer.take(peer))

    def try_password(self, session: Session) -> None:
        """Count one try of a person at their own password. Raises ``Refused`` (``too_many``) past 5."""
        _wait(self._by_pair.take(f"own {session.home} {session.person}"))

    def try_code(self, session: Session) -> None:
        """Count one try at the first code of a new application. Raises ``Refused`` (``too_many``) past 20."""
        _wait(self._codes_by_person.take(f"first {session.home} {session.person}"))

    def may_open(self, peer: str) -> None:
        """Count one look of an address at an invitation. Raises ``Refused`` (``too_many``) past 60."""
        _wait(self._invitations.take(peer))

    def with_link(self, link: str, peer: str, device: str = "") -> str | None:
        """The secret of a new session for a one-time link's secret, or None if it does not hold."""
        _wait(self._links_by_peer.take(peer))
        with self._database.write(WHOLE_SERVER) as connection:
            now = self._clock()
            person = links.use(connection, link, now)
            if person is None:
                return None
            _note(connection, person, now, "link", peer)
            return sessions.start(connection, person, "link", now, proven=True, peer=peer, device=device)

    def question(self, party: RelyingParty) -> str:
        """What a browser is asked to sign somebody in by passkey, as JSON."""
        return passkeys.to_prove(party, challenges.fresh(self._config, SIGN_IN, self._clock()))

    def with_passkey(self, text: str, party: RelyingParty, peer: str, device: str = "") -> str | None:
        """The secret of a new, proven session for a browser's answer, or None if it proves nothing."""
        _wait(self._by_peer.take(peer))
        try:
            answer = passkeys.read(text)
        except Wrong:
            return None
        with self._database.write(WHOLE_SERVER) as connection:
            person = self._holder(connection, answer)
            if person is None:
                return None
            self._database.narrow(connection, person.tenant)
            now = self._clock()
            if not self._passkey(connection, person, answer, party, SIGN_IN, now, peer):
                return None
            _note(connection, person, now, "passkey", peer)
            return sessions.start(connection, person, "passkey", now, proven=True, peer=peer, device=device)

    def prove_question(self, session: Session, party: RelyingParty) -> str:
        """What a browser is asked to prove the second factor of a session, as JSON; empty where the person has no
        passkey for this name of the server."""
        with self._database.read(session.home) as connection:
            have = factors.of(connection, session.home, session.person).passkeys_at(party.host)
        challenge = challenges.fresh(self._config, session.id, self._clock())
        return passkeys.to_prove(party, challenge, [one.credential for one in have]) if have else ""

    def prove_with_passkey(self, secret: str, session: Session, text: str, party: RelyingParty,
                           peer: str) -> str | None:
        """The new secret of a session, now proven, or None."""
        _wait(self._by_peer.take(peer))
        try:
            answer = passkeys.read(text)
        except Wrong:
            return None
        with self._database.write(session.home) as connection:
            now = self._clock()
            person = people.get(connection, session.home, session.person)
            if person is None or not self._passkey(connection, person, answer, party, session.id, now, peer):
                return None
            return _proven(connection, person, secret, now, "passkey", peer)

    def prove_with_code(self, secret: str, session: Session, code: str, peer: str) -> str | None:
        """The new secret of a session, now proven by a code of the authenticator, or None.

        Raises ``Refused`` (``too_many``) past 5 tries of a person from one address and 20 of a person at all.
        """
        whose = f"{session.home} {session.person}"
        _wait(self._by_peer.take(peer) or self._codes_by_pair.take(f"{peer} {whose}")
              or self._codes_by_person.take(whose))
        with self._database.write(session.home) as connection:
            now = self._clock()
            person = people.get(connection, session.home, session.person)
            found = authenticators.get(connection, session.home, session.person)
            step = None
            if found is not None:
                known = open_sealed(self._config, found.secret, factors.purpose(session.home, session.person))
                step = authenticator.step(known.decode("ascii"), code, now)
            if person is None:
                return None
            if step is None or not authenticators.take(connection, person, step):
                _note_refused(connection, person, now, "code", peer)
                return None
            fresh = _proven(connection, person, secret, now, "code", peer)
        self._codes_by_pair.clear(f"{peer} {whose}")
        return fresh

    def prove_with_recovery(self, secret: str, session: Session, code: str, peer: str) -> str | None:
        """The new secret of a session, now proven by a recovery code, which is used up; or None.

        Raises ``Refused`` (``too_many``) past 10 tries of a person.
        """
        _wait(self._by_peer.take(peer) or self._recovery_by_person.take(f"{session.home} {session.person}"))
        with self._database.write(session.home) as connection:
            now = self._clock()
            person = people.get(connection, session.home, session.person)
            if person is None:
                return None
            if not recovery_codes.use(connection, person, code, now):
                _note_refused(connection, person, now, "recovery", peer)
                return None
            return _proven(connection, person, secret, now, "recovery", peer)

    def out(self, secret: str, session: Session) -> None:
        """End a session."""
        with self._database.write(session.home) as connection:
            sessions.end(connection, secret)
            audit.record(connection, session.home, self._clock(), f"person:{session.name}", "person.sign-out",
                         session.name)

    def ending(self, secret: str) -> str:
        """Why the session of a cookie was ended by somebody: a word, or nothing."""
        with self._database.read(WHOLE_SERVER) as connection:
            return sessions.ending(connection, secret)

    def _holder(self, connection: Connection, answer: Answer) -> Person | None:
        found = kept_passkeys.by_credential(connection, answer.credential)
        person = None if found is None else people.get(connection, found.tenant, found.person)
        return person if person is not None and person.disabled is None else None

    def _passkey(self, connection: Connection, person: Person, answer: Answer, party: RelyingParty,
                 purpose: str, now: datetime, peer: str) -> bool:
        """Whether an answer is by a passkey of this very person, to a question of ours that was not answered yet."""
        found = kept_passkeys.by_credential(connection, answer.credential)
        ends = challenges.ends(self._config, answer.challenge, purpose, now)
        wrong = ""
        if found is None or (found.tenant, found.person) != (person.tenant, person.id):
            wrong = "it is not theirs"
        elif answer.handle not in (None, factors.handle(self._config, person.tenant, person.id)):
            wrong = "it names somebody else"
        elif found.host != party.host:
            wrong = "it was made for another name of this server"
        elif ends is None:
            wrong = "it answers no question of now"
        elif not used_challenges.spend(connection, person.tenant, answer.challenge, ends, now):
            wrong = "it was used before"
        else:
            try:
                count = passkeys.proven(answer, party, found.public_key, found.count)
                wrong = "" if kept_passkeys.used(connection, found, count, now) else "it was used at the same moment"
            except Wrong as error:
                wrong = str(error)
        if wrong:
            _note_refused(connection, person, now, "passkey", peer, wrong)
        return not wrong

    def _refused(self, person: Person, via: str, peer: str) -> None:
        with self._database.write(person.tenant) as connection:
            audit.record(connection, person.tenant, self._clock(), f"person:{person.name}", "person.sign-in-refused",
                         person.name, {"via": via, "peer": peer})


def _proven(connection: Connection, person: Person, secret: str, now: datetime, factor: str,
            peer: str) -> str | None:
    fresh = sessions.prove(connection, person, secret, now)
    if fresh is not None:
        audit.record(connection, person.tenant, now, f"person:{person.name}", "person.factor", person.name,
                     {"factor": factor, "peer": peer})
    return fresh


def _note(connection: Connection, person: Person, now: datetime, via: str, peer: str) -> None:
    audit.record(connection, person.tenant, now, f"person:{person.name}", "person.sign-in", person.name,
                 {"via": via, "peer": peer})


def _note_refused(connection: Connection, person: Person, now: datetime, factor: str, peer: str,
                  why: str = "") -> None:
    audit.record(connection, person.tenant, now, f"person:{person.name}", "person.factor-refused", person.name,
                 {"factor": factor, "peer": peer, **({"why": why} if why else {})})


def _wait(seconds: float) -> None:
    if seconds:
        raise Refused("too_many", "too many attempts to sign in", retry_after=math.ceil(seconds))
