"""The tables, the same on SQLite and PostgreSQL. Importing this knows them all."""

from server.store.schema import elections as elections_tables
from server.store.schema import exceptions as exceptions_tables
from server.store.schema import planning as planning_tables
from server.store.schema import publishing as publishing_tables
from server.store.schema import scores as scores_tables
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
    "elections_tables",
    "exceptions_tables",
    "forks",
    "heads",
    "inventories",
    "links",
    "metadata",
    "people",
    "planning_tables",
    "publishing_tables",
    "reports",
    "role_changes",
    "scores_tables",
    "sections",
    "sessions",
    "tenants",
    "tokens",
]
