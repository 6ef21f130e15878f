"""Derived facts: pure functions that join facts, declarations and tables into declared facts."""
