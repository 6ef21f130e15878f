"""The ``hustings server`` commands, one module a noun."""
