"""A reviewer's token within an engagement: as narrow, as pseudonymous, as recorded, and over at the same second."""

from __future__ import annotations

from datetime import timedelta

from server.reviewers import granting
from tests.api.asking import ask, token
from tests.reviewers.firms import BACKUP, OS, engaged, failing, firm, terms, trail
from tests.server.setups import Office


def test_what_a_token_takes_is_within_the_engagement_and_recorded(office: Office) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    seen = failing(office, "secret-registry", OS, BACKUP)
    failing(office, "other-desk", OS)
    number = engaged(office, acme, rita, terms(office, machines=(seen.agent,), areas=("PAT",)))
    secret = token(office, rita, ["export", "findings:read"], engagement=number)
    for path in ("/v1/exports/findings", "/v1/exports/results"):
        for form in ("json", "csv", "sarif"):
            answer = ask(office, secret, path, params={"format": form})
            assert answer.status_code == 200, answer.text
            assert "patching/os-supported" in answer.text
            for hidden in ("secret-registry", "other-desk", "backups/checked"):
                assert hidden not in answer.text, (path, form)
    exports = [one for one in trail(office) if one.action == "review.export"]
    assert len(exports) == 6
    assert {one.actor for one in exports} == {"reviewer:rita@acme"}


def test_a_token_is_turned_away_once_the_engagement_is_revoked_or_over(office: Office) -> None:
    acme = firm(office)
    rita = acme.reviewer()
    failing(office, "registry", OS)
    for end in ("revoked", "over"):
        number = engaged(office, acme, rita, terms(office, days=0))
        secret = token(office, rita, ["export"], engagement=number)
        assert ask(office, secret, "/v1/exports/findings").status_code == 200
        if end == "revoked":
            with office.database.write(office.tenant.id) as connection:
                granting.revoke(connection, office.tenant.id, number, role=None, by="console:root", reason="Over",
                                now=office.now())
        else:
            midnight = office.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            office.now.at = midnight - timedelta(seconds=1)
            assert ask(office, secret, "/v1/exports/findings").status_code == 200
            office.now.at = midnight
        answer = ask(office, secret, "/v1/exports/findings")
        assert answer.status_code in (401, 403, 404)
        assert "registry" not in answer.text
