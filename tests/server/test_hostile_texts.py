"""Hostile texts in everything that a machine reports and a person types: inert wherever they come out again.

The furnished office says the same hostile thing everywhere. Every page and every download that the router has is read,
every form of every page is sent back with it, and the commands of the console are run.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import click
import httpx
import openpyxl
import pypdf
import pytest
from click.testing import CliRunner

from hustings.errors import HustingsError
from server.api.scopes import SCOPES
from server.cli import server as command
from server.config import Config, Settings, kind, save
from server.store.database import Database
from server.store.people import Role
from tests.api.asking import ask, token
from tests.server import setups
from tests.server.furnished import Things, furnish
from tests.server.setups import Office
from tests.server.test_matrix import ALIKE, API, EMPTY, NOWHERE, OWN_NAMES, PAGES, Route

MARK = "x9k"
PLAIN = f"=HYPERLINK(1)<{MARK} on{MARK}='1'>\"';DROP TABLE {MARK};--{{{{7*7}}}}"
"""What is printable: markup, a formula, SQL, a template."""
WILD = f"{PLAIN}\x1b[31m\x07\u202e{MARK}\u2066\x85"
"""The same with what a terminal obeys and what turns text around."""
LABELS = frozenset({"host", "os", "vendor", "model", "product", "asset", "site", "make", "unmatched", "silent",
                    "token", "addressee"})
"""What is refused where it comes in unless it is printable (``server.screen``, the forms)."""
_OBEYED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
NOT_PLANNED = "/{language:str}/plan."
"""A list with such names gets questions and not yet a plan; plans of hostile lists: ``tests.planning``."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def say(name: str) -> str:
    return f"{PLAIN if name in LABELS else WILD} {name}"


class Seen(HTMLParser):
    """The elements and attributes of a page, and its forms with their fields."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.forms: list[tuple[dict[str, str | None], list[dict[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if MARK in tag or any(MARK in name or name.startswith("on") for name in said) or (
                tag == "script" and said.get("src") != "/static/passkey.js"):
            self.wrong.append(f"<{tag} {said}>")
        if any((value or "").lower().lstrip().startswith("javascript:") for value in said.values()):
            self.wrong.append(f"<{tag} {said}>")
        if tag == "form":
            self.forms.append((said, []))
        elif tag in ("input", "textarea", "select", "option", "button") and self.forms:
            self.forms[-1][1].append({**said, "tag": tag})


def wrong_in(answer: httpx.Response) -> list[str]:
    """What in an answer is not inert."""
    where, body = answer.headers.get("content-type", ""), answer.content
    found = [f"a header: {value!r}" for value in answer.headers.values() if _OBEYED.search(value)]
    if where.startswith("text/html"):
        seen = Seen()
        seen.feed(body.decode())
        found += seen.wrong
        found += [f"obeyed: {one!r}" for one in set(_OBEYED.findall(body.decode()))]
        found += ["a template was run"] if f"{MARK};--49" in body.decode() else []
    elif where.startswith("text/csv"):
        rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
        found += [f"a formula: {cell!r}" for row in rows for cell in row if MARK in cell and cell.startswith(_FORMULA)]
        found += [f"obeyed: {cell!r}" for row in rows for cell in row if _OBEYED.search(cell)]
    elif "spreadsheetml" in where:
        book = openpyxl.load_workbook(io.BytesIO(body))
        found += [f"a formula: {cell.value!r}" for sheet in book for row in sheet for cell in row
                  if cell.data_type == "f" or (isinstance(cell.value, str) and _OBEYED.search(cell.value))]
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            found += [f"a link in {name}" for name in packed.namelist() if "hyperlink" in name.lower()]
    elif "pdf" in where:
        for page in pypdf.PdfReader(io.BytesIO(body)).pages:
            found += [f"obeyed in the PDF: {one!r}" for one in set(_OBEYED.findall(page.extract_text()))]
        found += ["the PDF runs something" for one in (b"/JavaScript", b"/Launch", b"/OpenAction <<") if one in body]
    elif "json" in where and b"\x1b" in body:
        found.append("an escape in JSON")
    elif where.startswith(("text/calendar", "text/plain", "application/atom")) and _OBEYED.search(body.decode()):
        found.append(f"obeyed: {set(_OBEYED.findall(body.decode()))!r}")
    return found


class Hostile:
    """The furnished office and its administrator."""

    def __init__(self, office: Office, data: Path) -> None:
        self.office = office
        self.data = data
        self.things: Things = furnish(office, office.tenant.id, say, "mean")
        self.boss = self.things.people[Role.ADMINISTRATOR]

    def address(self, route: Route) -> str:
        values = {name: ALIKE.get(name) or (OWN_NAMES.get(route.path) if name == "name" else None)
                  or self.things.of(route.path, name) or NOWHERE[name] for name in route.parameters}
        return route.address({name: value.replace("/", "%2F").replace("?", "%3F").replace("#", "%23")
                              for name, value in values.items()})


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def hostile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    if request.param == "sqlite":
        url = f"sqlite:///{folder / 'hustings.db'}"
    else:
        server = request.getfixturevalue("postgres_server")
        url = str(server.dsn(server.create_database()))
    data = folder / "data"
    with setups.office(Database(url), data) as found:
        save(Config(data, Settings(("localhost", "hustings.example"), 8443, tls=False, database=kind(url))))
        yield Hostile(found, data)


def pages() -> list[Route]:
    return [one for one in PAGES if one.method == "GET" and one.rule is not None and one.rule.roles is not None
            and Role.ADMINISTRATOR in one.rule.roles]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_and_download_is_inert(hostile: Hostile, language: str) -> None:
    session = hostile.office.signed_in(hostile.boss)
    wrong = []
    for route in pages():
        path = hostile.address(route).replace("/en", f"/{language}", 1)
        answer = hostile.office.request("GET", path, cookies=session, headers={"accept": "text/html"})
        if answer.status_code >= 500 or (
                answer.status_code == 404 and route.path not in EMPTY and not route.path.startswith(NOT_PLANNED)):
            wrong.append(f"{path} -> {answer.status_code}")
        wrong += [f"{path}: {one}" for one in wrong_in(answer)]
    assert not wrong, "\n".join(wrong)


def test_every_answer_of_the_api_is_inert(hostile: Hostile) -> None:
    secret = token(hostile.office, hostile.boss, SCOPES)
    wrong = []
    for route in API:
        if route.method == "GET":
            forms = ("csv", "json", "sarif") if "/exports/" in route.path else ("",)
            for form in forms:
                answer = ask(hostile.office, secret, hostile.address(route), params={"format": form} if form else {})
                assert answer.status_code == 200 or route.path == "/v1/plan", f"{route.path}: {answer.text}"
                wrong += [f"{route.path} {form}: {one}" for one in wrong_in(answer)]
    assert not wrong, "\n".join(wrong)


def test_every_form_takes_hostile_texts_or_says_no(hostile: Hostile) -> None:
    """Each form of each page, sent back as it is with a hostile text in all that can be typed."""
    office, wrong, sent = hostile.office, [], set()
    for route in pages():
        path = hostile.address(route)
        first = office.request("GET", path, cookies=office.signed_in(hostile.boss), headers={"accept": "text/html"})
        if not first.headers.get("content-type", "").startswith("text/html"):
            continue
        seen = Seen()
        seen.feed(first.text)
        for form, fields in seen.forms:
            action = (form.get("action") or path).partition("#")[0]
            if form.get("method") != "post" or action == "/sign-out" or (action, len(fields)) in sent:
                continue
            sent.add((action, len(fields)))
            for text in (PLAIN, WILD):
                answer = _submit(office, hostile, action, _filled(fields, text), form.get("enctype") or "")
                if answer.status_code >= 500:
                    wrong.append(f"{path}: POST {action} -> {answer.status_code}")
                wrong += [f"{path}: POST {action}: {one}" for one in wrong_in(answer)]
    assert len(sent) > 20
    assert not wrong, "\n".join(wrong)


def _filled(fields: list[dict[str, str | None]], text: str) -> dict[str, str]:
    data: dict[str, str] = {}
    select = ""
    for one in fields:
        name, tag, sort = one.get("name") or "", one["tag"], one.get("type") or "text"
        if tag == "select":
            select = name
        elif tag == "option" and select:
            data.setdefault(select, one.get("value") or "")
        elif not name or name == "_csrf_token" or sort in ("file", "submit"):
            continue
        elif sort in ("hidden", "date", "number", "radio", "checkbox"):
            data.setdefault(name, one.get("value") or "1")
        else:
            data[name] = text
    return data


def _submit(office: Office, hostile: Hostile, action: str, data: dict[str, str], enctype: str) -> httpx.Response:
    session = office.signed_in(hostile.boss)
    page = office.request("GET", "/en/method", cookies=session, headers={"accept": "text/html"})
    form = page.cookies["hustings-form"]
    more: dict[str, Any] = {"data": {"_csrf_token": form, **data}}
    if "multipart" in enctype:
        more["files"] = {"file": (f"{MARK}.csv", WILD.encode(), "text/csv")}
    return office.request("POST", action, cookies={**session, "hustings-form": form}, headers={"accept": "text/html"},
                          **more)


def leaves(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    """Commands that list or show, and ask for nothing but the office."""
    for name, one in group.commands.items():
        if isinstance(one, click.Group):
            yield from leaves(one, *path, name)
        else:
            names = {parameter.name for parameter in one.params}
            if {"data", "tenant"} <= names and not any(parameter.required for parameter in one.params) and name in (
                    "list", "show", "scorecard", "trend", "agents", "check", "calendar"):
                yield (*path, name)


def test_the_terminal_is_not_spoken_to(hostile: Hostile) -> None:
    where = ["--data", str(hostile.data), "--tenant", hostile.office.tenant.id]
    found = list(leaves(command))
    assert ("scorecard",) in found
    assert ("exception", "list") in found
    wrong = []
    for words in found:
        answer = CliRunner().invoke(command, [*words, *where], env={
            "HUSTINGS_DATABASE_URL": hostile.office.database.url.render_as_string(hide_password=False)})
        if answer.exception is not None and not isinstance(answer.exception, (HustingsError, SystemExit)):
            wrong.append(f"{words}: {answer.exception!r}")
        wrong += [f"{words}: {one!r}" for one in set(_OBEYED.findall(answer.output))]
    assert not wrong, "\n".join(wrong)
