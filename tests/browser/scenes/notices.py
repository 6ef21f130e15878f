"""Messages: a mail server that does not answer, a webhook, things that happened, refused attempts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from server.config import database_url, load
from server.notices import attempts, events
from server.store import people, tenants, webhooks
from server.store.database import WHOLE_SERVER, Database
from tests.browser.demo import OURS, Demo

PAGES = {
    "what one is told": ("/account/notices", lambda _demo: "/account/notices"),
    "messages": ("/office/notices", lambda _demo: "/office/notices"),
}
NOT_PAGES = ("/feed/{secret:str}",)


def prepare(demo: Demo, data: Path, now: datetime) -> None:
    """Set a mail server where none listens; the administrator has an address."""
    demo.server.run("notices", "mail", "--host", "127.0.0.1", "--port", "9", "--security", "none",
                    "--from", "hustings@elections.example")
    database = Database(database_url(data))
    with database.write(WHOLE_SERVER) as connection:
        office = tenants.only(connection, OURS).id
        for one in people.administrators(connection, office):
            people.set_contact(connection, one, "clerk@elections.example", "en")
        webhooks.add(connection, office, "Ticket system", "https://tickets.elections.example/hooks/" + "a" * 60,
                     ["critical-finding", "machine-silent"], now, "person:admin", load(data))
        attempts.write(connection, office, now.date(), "sign_in", 128, now)
        attempts.write(connection, office, now.date(), "signature", 3, now)
        events.happened(connection, office, "critical-finding", "scene:1", "front-desk", {}, now)
        events.happened(connection, office, "decision-waits", "scene:1", "", {}, now)
    database.close()
