"""Fixtures that every test may ask for."""

from hypothesis import HealthCheck, settings

from tests.postgres import postgres_server

__all__ = ["postgres_server"]

# How fast this machine is today is no property of what is tested.
settings.register_profile("hustings", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hustings")
