"""Proving: evidence packs, their verification, and replay of verdicts and grades.

Small until its release: what a report proves today is in ``hustings.envelope`` and ``server.trust``.
"""
