"""Collectors are found by what they expose, and nothing heavy is loaded on the way."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pkgutil import iter_modules

import collectors
from collectors.discovery import discover

HEAVY = ("requests", "msal", "google.auth", "ldap3", "dns", "cryptography", "checkdmarc", "psycopg", "pymysql",
         "sqlglot", "psutil", "univers")


def test_every_module_that_exposes_a_collector_is_found():
    modules = [import_module(f"collectors.{one.name}") for one in iter_modules(collectors.__path__)]
    exposed = {module.COLLECTOR.name for module in modules if hasattr(module, "COLLECTOR")}
    assert {one.name for one in discover()} == exposed
    assert len(exposed) > 50


def test_finding_them_loads_neither_libraries_nor_doors():
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys; from collectors.discovery import discover; discover(); "
         "print(*sys.modules)"], capture_output=True, text=True, check=True).stdout.split()
    assert [one for one in HEAVY if one in loaded] == []
    assert [one for one in loaded if one.startswith("collectors.") and one.endswith(("_door", "_sign_in"))] in (
        [], ["collectors.dns_door"])
