"""Judging: declarative checks over facts, in three-valued logic, and nothing that can execute."""
