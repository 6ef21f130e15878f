"""Findings, what people did about them, and views they saved."""
