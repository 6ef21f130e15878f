"""Retention, legal holds and deletions."""
