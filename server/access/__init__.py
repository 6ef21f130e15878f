"""People: passwords, signing in, and the guard in front of every page."""
