"""One request to the API, as its endpoint sees it: who asks, and the way to the store and the records."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from litestar import Request
from litestar.datastructures import State

from policies.model import Pack
from server.cards import Cards
from server.closing import Closer
from server.config import Config
from server.pages import site
from server.problems import Refused
from server.reading import Reading
from server.records import Office
from server.scorecard import Scorecard
from server.store.database import Database
from server.store.sessions import SESSION, Session
from server.two_people.model import Actor

T = TypeVar("T")


class Call:
    """Everything an endpoint may use. ``session.tenant`` is the office that is asked about, and no other."""

    def __init__(self, request: Request[Any, Any, State]) -> None:
        self._state = request.app.state
        self.session: Session = request.scope[SESSION]  # type: ignore[literal-required]
        self.database: Database = self._state["database"]
        self.config: Config = self._state["config"]
        self.pack: Pack = site.pack()
        self.now: datetime = site.now(self._state["clock"])

    @property
    def tenant(self) -> str:
        return self.session.tenant

    @property
    def actor(self) -> Actor:
        """Who does it: the token's maker."""
        return Actor.of(self.session)

    def found(self, one: T | None) -> T:
        """What was asked for. Raises ``Refused`` (``not_found``), alike for another office's and for what is not."""
        if one is None:
            raise Refused("not_found")
        return one

    def office(self) -> Office:
        """The records of the office."""
        reading: Reading = self._state["reading"]
        return reading.office(self.tenant)

    def card(self) -> Scorecard:
        """Its scorecard now."""
        cards: Cards = self._state["cards"]
        return cards.card(self.tenant, self.office(), self.pack, self.now)

    def closer(self) -> Closer:
        """What closes days and hands out closed ones."""
        if "closer" not in self._state:
            self._state["closer"] = Closer(self.database, self.pack, self._state["clock"])
        found: Closer = self._state["closer"]
        return found
