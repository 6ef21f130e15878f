"""Notices: what happened that somebody should know, who is told, and how it reaches them."""
