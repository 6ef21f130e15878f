"""Where the address of a database comes from: an environment variable, never the command line or a file."""

from __future__ import annotations

import os

from hustings.errors import UsageError


def dsn_of(variable: str) -> str:
    """The address in an environment variable. Raises ``UsageError`` when there is none."""
    if not variable:
        raise UsageError("nothing says which environment variable holds the database's address", where="--dsn-env",
                         remedy="give --dsn-env NAME, or database.dsn_env in the model")
    if "://" in variable or "=" in variable:
        raise UsageError("--dsn-env takes the name of a variable, not the address itself (which others could read in "
                         "the list of processes)", where="--dsn-env",
                         remedy="put the address into a variable and give the variable's name")
    dsn = os.environ.get(variable, "").strip()
    if not dsn:
        raise UsageError("this environment variable is not set", where=variable,
                         remedy=f"set it to the database's address: {variable}=postgresql://user@host/database (or "
                                "mariadb://, mysql://)")
    return dsn
