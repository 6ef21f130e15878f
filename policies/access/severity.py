"""How much a fault of each catalogue row weighs. Held to the policy library by a test."""

from __future__ import annotations

from hustings.verdicts import SEVERITIES
from policies.access.rows import Anomaly

OF_ROW = {
    "LPR-01": "critical", "LPR-02": "critical", "LPR-03": "high", "LPR-04": "critical", "LPR-05": "critical",
    "LPR-06": "high", "LPR-07": "high", "LPR-08": "high", "LPR-09": "high", "LPR-10": "critical", "LPR-11": "high",
    "LPR-12": "high", "LPR-13": "critical", "LPR-14": "critical", "LPR-15": "high", "LPR-17": "high",
    "LPR-18": "medium", "LPR-19": "medium", "LPR-20": "critical", "LPR-21": "high", "LPR-22": "high",
    "IAM-09": "critical", "IAM-11": "high", "IAM-12": "high", "IAM-13": "high", "IAM-14": "critical",
}
"""Severity of each row that an anomaly can be of."""


def severity(catalogue: str) -> str:
    """``critical``, ``high``, ``medium`` or ``low``; a row of the office's own choosing is ``high``."""
    return OF_ROW.get(catalogue, "high")


def worst_first(anomaly: Anomaly) -> tuple[int, str, str, str]:
    """A key to sort anomalies by."""
    return SEVERITIES.index(severity(anomaly.catalogue)), anomaly.catalogue, anomaly.object or "", anomaly.account or ""
