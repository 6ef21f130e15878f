"""Findings and results as files: rows of plain values, and pure functions that write them."""
