"""Attestations, contacts, statements and requests for evidence."""
