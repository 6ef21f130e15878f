"""What an office says of its identity provider, and what a sign-in there says of a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server.store.people import Role

PRECEDENCE = (Role.ADMINISTRATOR, Role.OFFICIAL, Role.STAFF, Role.REVIEWER)
"""Of several groups the first of these roles counts."""
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures that are taken. Never ``none``, never one with a shared secret."""
TWO_FACTORS = frozenset({"mfa", "hwk", "ngcmfa", "fido"})
"""Words of ``amr`` that say two factors were proven (RFC 8176; the last two are Entra's)."""


class Kind(StrEnum):
    ENTRA = "entra"
    """Microsoft Entra ID: the authority is ``https://login.microsoftonline.com/TENANT-ID``."""
    OIDC = "oidc"
    """Any other: the authority is its issuer."""


class Rejected(Exception):
    """A sign-in that is not taken. ``why`` is one stable word; ``detail`` is for the log and the audit trail."""

    def __init__(self, why: str, detail: str = "") -> None:
        self.why = why
        self.detail = detail
        super().__init__(f"{why}: {detail}" if detail else why)


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider of one office."""

    id: int
    tenant: str
    slug: str
    """In the address that its people sign in at; says nothing of the office."""
    name: str
    """As people know it: ``County account``."""
    kind: Kind
    authority: str
    client: str
    """The client id it knows this server by."""
    secret: str
    """The client secret, opened."""
    claim: str
    """The claim that lists groups: ``groups``, or ``roles`` of an Entra application."""
    groups: tuple[tuple[str, Role], ...]
    """A group's id and the role it gives here."""
    proves_second_factor: bool
    """The office vouches that the provider always asks for two factors."""
    authorities: str
    """PEM of the certificate authority of a provider that is not publicly known; empty otherwise."""
    created: datetime
    disabled: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """A person as a verified ID token says they are."""

    issuer: str
    subject: str
    """Stable for this person at this provider: never their name or address."""
    name: str
    groups: frozenset[str]
    methods: frozenset[str]
    """How they proved who they are (``amr``)."""

    def role(self, groups: tuple[tuple[str, Role], ...]) -> Role | None:
        """The role that their groups give, the mightiest first; None without any."""
        given = {role for group, role in groups if group in self.groups}
        return next((role for role in PRECEDENCE if role in given), None)

    def proven(self, provider: Provider) -> bool:
        """Whether a second factor was proven there."""
        return provider.proves_second_factor or bool(self.methods & TWO_FACTORS)
