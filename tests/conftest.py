"""Fixtures that every test may ask for, and the rule that CI skips nothing for want of a tool."""

import os
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.mariadb import mariadb_server
from tests.postgres import postgres_server

__all__ = ["mariadb_server", "postgres_server"]

# How fast this machine is today is no property of what is tested.
settings.register_profile("hustings", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hustings")

SKIPS_IN_CI = ("root is denied nothing", "beside", "this interpreter stands where others than root may write",
               "takes ports that root alone may open")
"""Parts of the reasons for which a test may be skipped even in CI: no tool would help."""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Generator[None, Any, None]:
    """In CI (``CI=true``) a skip for a missing tool or right is a failure."""
    report = (yield).get_result()
    if os.environ.get("CI") != "true" or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not any(allowed in reason for allowed in SKIPS_IN_CI):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {reason}\n  fix: have scripts/programs.py install what is missing"
