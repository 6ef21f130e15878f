"""How much a fault of each catalogue row weighs: the catalogue's own table says."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from hustings import strict_json
from hustings.verdicts import SEVERITIES
from policies.access.rows import Anomaly

LIMIT = 1 << 20


@cache
def _of_rows() -> dict[str, str]:
    text = (files("policies") / "tables" / "catalogue.json").read_bytes()
    return {row["id"]: row["severity"] for row in strict_json.loads(text, limit=LIMIT)["rows"]}


def severity(catalogue: str) -> str:
    """``critical``, ``high``, ``medium`` or ``low``; of a row that the catalogue does not have, ``high``."""
    return _of_rows().get(catalogue, "high")


def worst_first(anomaly: Anomaly) -> tuple[int, str, str, str]:
    """A key to sort anomalies by."""
    return SEVERITIES.index(severity(anomaly.catalogue)), anomaly.catalogue, anomaly.object or "", anomaly.account or ""
