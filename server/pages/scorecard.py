"""The scorecard."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from server import scorecard as rules
from server.pages import site
from server.pages.site import Asked
from server.store.database import Database
from server.store.sessions import Session


@get("/{language:str}", sync_to_thread=True)
def scorecard(request: Asked, language: FromPath[str], database: NamedDependency[Database], clock: NamedDependency[Any],
              session: NamedDependency[Session]) -> Template:
    """What an official reads first."""
    language = site.checked(language)
    pack = site.pack()
    card = rules.scorecard(site.office(request, database, session), pack, site.now(clock))
    return site.page("scorecard.html", request, language, session, here="scorecard", card=card, pack=pack)


ROUTES = [scorecard]
