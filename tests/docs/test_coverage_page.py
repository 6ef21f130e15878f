"""Every row of the catalogue is judged, or the page says why not."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT.parent / "shared/domain/catalogue.json"
PAGE = (ROOT / "docs/coverage.md").read_text("utf-8")
REASONS = json.loads((ROOT / "docs/uncovered.json").read_text("utf-8"))


def test_no_row_is_without_a_check_and_without_a_reason() -> None:
    assert "No check and no reason" not in PAGE


@pytest.mark.skipif(not CATALOGUE.is_file(), reason="the catalogue is not beside this checkout (shared/domain)")
def test_every_row_measured_on_linux_has_a_check_or_a_reason_of_its_own() -> None:
    rows = json.loads(CATALOGUE.read_text("utf-8"))
    linux = {row["id"] for row in rows if any(platform in ("L", "*") for platform, _ in row["how"])
             and row["id"].split("-")[0] in ("PAT", "DEV", "LOG", "BKP")} | {"IAM-08", "IAM-10", "LPR-14", "LPR-16"}
    judged = {line.split("|")[1].strip() for line in PAGE.splitlines() if line.startswith("|") and "`" in line}
    assert sorted(linux - judged - set(REASONS)) == []
