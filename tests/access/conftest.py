"""Servers that the tests of this folder share."""

from tests.access.registration import registration

__all__ = ["registration"]
