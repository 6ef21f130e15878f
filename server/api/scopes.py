"""What a token may be used for. A route names its scope; a test holds the routes against this list."""

from __future__ import annotations

from server.pages.language import N_

SCOPES: dict[str, str] = {
    "scorecard:read": N_("Read the scorecard, the rows behind it and the trend"),
    "machines:read": N_("Read machines, their results and signed reports"),
    "findings:read": N_("Read findings, their comments and their history"),
    "findings:write": N_("Comment on findings, assign them and acknowledge them"),
    "plan:read": N_("Read elections, the equipment list and the replacement plan"),
    "decisions:read": N_("Read exceptions and what waits for a second person"),
    "people:read": N_("Read who may sign in, and which reviewers may look"),
    "evidence:read": N_("Read attestations and evidence requests"),
    "settings:read": N_("Read the office’s settings and who is told what"),
    "audit:read": N_("Read the audit trail"),
    "export": N_("Download all findings or all results as one file"),
}
"""Scope: what it allows, in words."""
