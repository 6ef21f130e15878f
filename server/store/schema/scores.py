"""Scores by day, the rules they were made with, exceptions: what can be rebuilt from reports and records."""
