"""The page on the difference names every rule, and its JSON is what the command writes."""

from __future__ import annotations

import io
import json

import pytest

from agent.access.output import write_json
from hustings.access.rights import MARIADB, POSTGRESQL
from policies.access.anomalies import rules
from policies.access.rows import DECLARED, EXCESS, HELD, MISSING, Anomaly, Assumable, Row, Unread
from tests.docs.documents import ROOT, blocks

PAGE = (ROOT / "docs" / "access-difference.md").read_text(encoding="utf-8")
LINES = {line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:5]]
         for line in PAGE.splitlines() if line.startswith(("| LPR", "| IAM"))}


def test_every_row_that_a_rule_can_be_of_has_its_line_and_no_other_has() -> None:
    assert set(LINES) == {rule.catalogue for rule in rules()} | {"LPR-19", "LPR-21"}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: f"{rule.catalogue} {rule.look.__name__}")
def test_a_line_says_of_each_engine_that_the_rule_is_for(rule: object) -> None:
    from policies.access.anomalies import Rule

    assert isinstance(rule, Rule)
    _, postgresql, mariadb = LINES[rule.catalogue]
    assert postgresql or POSTGRESQL not in rule.engines
    assert mariadb or MARIADB not in rule.engines


@pytest.mark.parametrize("state", [DECLARED, EXCESS, MISSING, HELD])
def test_every_state_has_its_line(state: str) -> None:
    assert f"\n| `{state}` |" in PAGE


def test_the_example_is_what_the_command_writes() -> None:
    written = json.loads(next(text for page, text in blocks("json") if page == "docs/access-difference.md"))
    out = io.BytesIO()
    write_json(out, written["engine"], [Row(**{**row, "via": tuple(row["via"])}) for row in written["rows"]],
               [Assumable(**one) for one in written["assumable"]], [Anomaly(**one) for one in written["anomalies"]],
               [Unread(**one) for one in written["unknown"]])
    assert json.loads(out.getvalue()) == written
