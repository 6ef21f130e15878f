"""Fixtures that every test may ask for."""

from tests.postgres import postgres_server

__all__ = ["postgres_server"]
