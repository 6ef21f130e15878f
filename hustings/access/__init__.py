"""Least privilege on registration databases: what is declared, what an engine says, what was used.

Contract only: types that the rooms hand each other. Nothing in here looks, judges or connects.
"""
