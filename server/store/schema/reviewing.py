"""Engagements of outside reviewers, what they saw, and sharing profiles."""
