"""Killed at any moment, the server forgets no message, repeats one only under its own name, leaves no exception half
made, and its audit trail holds."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa

from hustings.verdicts import Result, Severity, Verdict
from policies.pack import shipped
from server.config import load
from server.notices import kinds
from server.store import audit_check, people, sessions, tenants, webhooks
from server.store.database import WHOLE_SERVER, Database
from server.store.people import Role
from server.store.schema.exceptions import exceptions
from server.store.schema.notices import events, notice_lines, notices
from server.store.schema.two_people import decisions, proposals
from tests.flow.served import Served, served
from tests.mail_server import MailServer, mail_server
from tests.receiver import Receiver, receiver
from tests.sender import Sender, squeezed

ZSTD = {"Content-Encoding": "zstd", "Content-Type": "application/vnd.hustings.report.v1+json"}
KILLS = 8
MACHINES = 3
SETTLED_WITHIN = 120
CRITICAL = next(one for one in shipped().checks if one.severity is Severity.CRITICAL and one.scope == "machine")
MILD = [one.id for one in shipped().checks if one.severity is Severity.LOW and not one.stop]


@dataclass
class Scene:
    """A server, who hears from it, and who may act on it."""

    server: Served
    mail: MailServer
    hook: Receiver
    secret: str
    tenant: str
    cookies: dict[str, str]
    """Of each person, by name."""
    stop: threading.Event = field(default_factory=threading.Event)

    def kill(self) -> None:
        process = self.server.process
        if process is not None:
            os.kill(process.pid, signal.SIGKILL)

    def database(self) -> Database:
        return Database(self.server.database or f"sqlite:///{self.server.data / 'hustings.db'}")


@pytest.fixture(params=["sqlite", "postgresql"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    url = ""
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres_server")
        url = postgres.dsn(postgres.create_database())
    with ExitStack() as stack:
        server = stack.enter_context(served(tmp_path / "server", database=url))
        mail, hook = stack.enter_context(mail_server()), stack.enter_context(receiver())
        server.run("notices", "mail", "--host", "127.0.0.1", "--port", str(mail.port), "--security", "none",
                   "--from", "hustings@elections.test")
        server.run("notices", "reach", "127.0.0.0/8")
        made = Scene(server, mail, hook, "", "", {})
        _people(made)
        server.start()
        yield made


def _people(scene: Scene) -> None:
    now = datetime.now(UTC)
    database = scene.database()
    with database.write(WHOLE_SERVER) as connection:
        scene.tenant = tenants.only(connection).id
        for name, role in (("ann", Role.STAFF), ("bob", Role.OFFICIAL)):
            person = people.add(connection, scene.tenant, name, role, None, now, email=f"{name}@elections.test",
                                language="fr" if name == "bob" else "en")
            scene.cookies[name] = sessions.start(connection, person, "password", now)
        _, scene.secret = webhooks.add(connection, scene.tenant, "hook", f"http://127.0.0.1:{scene.hook.port}/",
                                       kinds.every(), now, "test", load(scene.server.data))
    database.close()


def report(sender: Sender, verdict: Verdict) -> bytes:
    now = datetime.now(UTC)
    result = Result(CRITICAL.id, CRITICAL.catalogue, CRITICAL.severity, verdict, "so", "not so",
                    valid_until=now + timedelta(days=1))
    return squeezed(sender.report(results=(result,), pack=shipped().digest, host=f"desk-{sender.agent[:6]}"))


def reports(scene: Scene, sender: Sender, opened: list[str]) -> None:
    """Fails and passes by turns until told to stop; each is sent until it is receipted."""
    turn = 0
    while not (scene.stop.is_set() and turn % 2 == 0):
        verdict = Verdict.PASS if turn % 2 else Verdict.FAIL
        body = report(sender, verdict)
        while True:
            try:
                answer = requests.post(f"{scene.server.url}/v1/reports", body, headers=ZSTD, timeout=5)
            except requests.RequestException:
                time.sleep(0.05)
                continue
            if answer.status_code in (200, 201):
                break
            assert answer.status_code == 503, answer.text
            time.sleep(0.1)
        if verdict is Verdict.FAIL:
            opened.append(sender.agent)
        turn += 1
        time.sleep(0.15)


def decides(scene: Scene, approving: threading.Event) -> None:
    """One asks for exceptions, another approves them; what a dead server did not answer is left as it is."""
    for number, check in enumerate(MILD * 40):
        if scene.stop.is_set():
            return
        try:
            asked = form(scene, "ann", "/en/exceptions/ask", kind="exception", subject=check,
                         reason=f"Number {number}: a replacement is on its way.",
                         control="It stands in a locked room.", owner="The clerk",
                         until=f"{datetime.now(UTC) + timedelta(days=20 + number % 5):%Y-%m-%d}")
            if asked.status_code == 303:
                approving.set()
                form(scene, "bob", f"{asked.headers['location']}/approve")
                approving.clear()
        except requests.RequestException:
            pass
        time.sleep(0.2)


def form(scene: Scene, who: str, path: str, **fields: str) -> requests.Response:
    """A form as a browser sends it."""
    with requests.Session() as browser:
        browser.cookies.set("hustings", scene.cookies[who])
        browser.headers["accept"] = "text/html"
        page = browser.get(f"{scene.server.url}/en/method", timeout=10)
        token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
        if token is None:
            raise requests.RequestException(f"no form: {page.status_code}")
        return browser.post(f"{scene.server.url}{path}", {"_csrf_token": token[1], **fields}, timeout=10,
                            allow_redirects=False)


def test_killed_again_and_again_nobody_misses_a_message_and_nothing_is_half_done(scene: Scene) -> None:
    chance = random.Random(7)
    senders = []
    for _ in range(MACHINES):
        sender = Sender()
        asked = sender.enrollment(scene.server.token())
        answer = requests.post(f"{scene.server.url}/v1/enrollments", asked, timeout=10)
        senders.append(sender.enrolled(answer.content))
    opened: list[str] = []
    approving = threading.Event()
    threads = [*(threading.Thread(target=reports, args=(scene, one, opened)) for one in senders),
               threading.Thread(target=decides, args=(scene, approving))]
    for thread in threads:
        thread.start()
    try:
        for number in range(KILLS):
            dead = threading.Event()

            def strike(dead: threading.Event = dead) -> None:
                scene.kill()
                dead.set()

            if number % 4 == 1:
                scene.hook.during = strike
                dead.wait(20)
            elif number % 4 == 2:
                scene.mail.during = strike
                dead.wait(20)
            elif number % 4 == 3:
                approving.wait(20)
                time.sleep(chance.uniform(0, 0.08))
            else:
                time.sleep(chance.uniform(0.5, 2.5))
            scene.server.stop(signal.SIGKILL)
            scene.server.start()
        time.sleep(1)
    finally:
        scene.stop.set()
        for thread in threads:
            thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    database = scene.database()
    try:
        settle(scene, database)
        check_events(scene, database, opened)
        check_messages(scene, database)
        check_decisions(scene, database)
    finally:
        database.close()


def settle(scene: Scene, database: Database) -> None:
    """Wait until nothing waits to be sent."""
    deadline = time.monotonic() + SETTLED_WITHIN
    while time.monotonic() < deadline:
        with database.read(scene.tenant) as connection:
            new = connection.scalar(sa.select(sa.func.count()).select_from(events).where(events.c.routed.is_(None)))
            loose = connection.scalar(sa.select(sa.func.count()).select_from(notice_lines).where(
                notice_lines.c.notice.is_(None), notice_lines.c.timing == "now"))
            waiting = connection.scalar(sa.select(sa.func.count()).select_from(notices).where(
                notices.c.state != "sent"))
        if not new and not loose and not waiting:
            return
        time.sleep(0.5)
    raise AssertionError(f"{new} events, {loose} lines and {waiting} messages wait: {scene.server.stop()} "
                         f"{json.dumps(scene.server.log[-20:])}")


def check_events(scene: Scene, database: Database, opened: list[str]) -> None:
    """Every failure that began is one event, whatever became of the server meanwhile."""
    with database.read(scene.tenant) as connection:
        found = connection.execute(sa.select(events.c.kind, events.c.data)).all()
    told = Counter(row.data["agent"] for row in found if row.kind == "critical-finding")
    assert told == Counter(opened)
    assert sum(told.values()) > MACHINES


def check_messages(scene: Scene, database: Database) -> None:
    """Every event reached everybody it concerns; what came twice came under one name and said the same."""
    with database.read(scene.tenant) as connection:
        lines = connection.execute(sa.select(notice_lines)).all()
        kept = {row.name: row.channel for row in connection.execute(sa.select(notices))}
        happened = {row.id: row.kind for row in connection.execute(sa.select(events.c.id, events.c.kind))}
    hooked = Counter(row.event for row in lines if row.channel == "webhook")
    assert hooked == Counter(dict.fromkeys(happened, 1))
    mailed = {str(one["x-hustings-notice"]) for one in scene.mail.messages}
    assert mailed == {name for name, channel in kept.items() if channel == "mail"}
    assert {one.name for one in scene.hook.got} == {name for name, channel in kept.items() if channel == "webhook"}
    by_name: dict[str, set[bytes]] = {}
    for raw, message in zip(scene.mail.raw, scene.mail.messages, strict=True):
        by_name.setdefault(str(message["x-hustings-notice"]), set()).add(raw)
    for one in scene.hook.got:
        assert one.signed_by(scene.secret)
        by_name.setdefault(one.name, set()).add(one.body)
    assert {len(bodies) for bodies in by_name.values()} == {1}
    assert len(scene.mail.raw) + len(scene.hook.got) > len(by_name), "killed while sending: something came twice"
    counted: Counter[str] = Counter()
    for body in {one.name: one.json for one in scene.hook.got}.values():
        counted.update({each["kind"]: each["count"] for each in body["data"]["events"]})
    assert counted == Counter(happened.values())


def check_decisions(scene: Scene, database: Database) -> None:
    """An approval and what it approved stand together or not at all, and the trail is whole."""
    with database.read(scene.tenant) as connection:
        approved = connection.scalars(sa.select(decisions.c.proposal).where(decisions.c.outcome == "approved")).all()
        asked = connection.scalars(sa.select(proposals.c.id)).all()
        reasons = connection.scalars(sa.select(exceptions.c.reason)).all()
        wanted = [row.payload["reason"] for row in connection.execute(
            sa.select(proposals.c.payload).where(proposals.c.id.in_(approved)))]
        waits = connection.scalars(sa.select(events.c.key).where(events.c.kind == "decision-waits")).all()
        verdict = audit_check.check(connection, scene.tenant)
    assert approved
    assert sorted(reasons) == sorted(wanted)
    assert sorted(waits) == sorted(str(one) for one in asked)
    assert verdict.broken is None
