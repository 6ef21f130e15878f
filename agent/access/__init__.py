"""``hustings access``: least privilege on registration databases, from the command line."""
