"""The tables, the same on SQLite and PostgreSQL. Importing this knows them all: every module here is imported."""

import pkgutil
from importlib import import_module

from server.store.schema.base import Moment, metadata
from server.store.schema.core import (
    access_reviews,
    agents,
    assets,
    audit,
    check_lists,
    forks,
    heads,
    inventories,
    links,
    people,
    reports,
    role_changes,
    sections,
    sessions,
    tenants,
    tokens,
)

__all__ = [
    "Moment",
    "access_reviews",
    "agents",
    "assets",
    "audit",
    "check_lists",
    "forks",
    "heads",
    "inventories",
    "links",
    "metadata",
    "people",
    "reports",
    "role_changes",
    "sections",
    "sessions",
    "tenants",
    "tokens",
]

for _module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
