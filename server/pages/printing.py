"""Printed pages to download: the scorecard, the board version, the detailed annex."""

from __future__ import annotations

from litestar import Response, get

from server import publishing
from server import scorecard as rules
from server.access import rules as may
from server.pages import site
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.printing import gathered
from server.printing.annex import annex_pdf
from server.printing.board import board_pdf
from server.printing.card import scorecard_pdf
from server.scorecard import Scorecard

NAMES = {"scorecard": {"en": "scorecard", "fr": "fiche"}, "board": {"en": "board-report", "fr": "rapport-au-conseil"},
         "annex": {"en": "detailed-annex", "fr": "annexe-detaillee"}}


@get("/{language:str}/scorecard.pdf", access=may.READ, sync_to_thread=True)
def scorecard(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[bytes]:
    """The scorecard on one page."""
    language = site.checked(language)
    card = _card(request, database, clock, session)
    with database.read(session.tenant) as connection:
        beside = gathered.beside(connection, session.tenant, card, language)
    return _file("scorecard", language, card, scorecard_pdf(card, site.pack(), language, beside=beside))


@get("/{language:str}/board.pdf", access=may.READ, sync_to_thread=True)
def board(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[bytes]:
    """The board version as it would be prepared now. It is not published by being downloaded."""
    language = site.checked(language)
    card = _card(request, database, clock, session)
    with database.read(session.tenant) as connection:
        record = gathered.public_record(connection, session.tenant, card, site.pack())
    return _file("board", language, card, board_pdf(record, language))


@get("/{language:str}/annex.pdf", access=may.READ, sync_to_thread=True)
def annex(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[bytes]:
    """Every failing row by machine, with the office's handling line on every page."""
    language = site.checked(language)
    card = _card(request, database, clock, session)
    with database.read(session.tenant) as connection:
        line = publishing.handling(connection, session.tenant)
    return _file("annex", language, card, annex_pdf(card, site.pack(), language, handling=line))


ROUTES = [scorecard, board, annex]


def _card(request: Asked, database: Store, clock: Clock, session: SignedIn) -> Scorecard:
    return rules.scorecard(site.office(request, database, session), site.pack(), site.now(clock))


def _file(kind: str, language: str, card: Scorecard, content: bytes) -> Response[bytes]:
    name = f"{NAMES[kind][language]}-{card.now:%Y-%m-%d}.pdf"
    return Response(content, media_type="application/pdf",
                    headers={"content-disposition": f'inline; filename="{name}"'})
