"""``hustings access diff --all``: every effective right of every account, without a model."""

from __future__ import annotations

import sys
from pathlib import Path

from agent.access.connection import dsn_of
from hustings.errors import Exit


def show(engine: str, variable: str, schemas: tuple[str, ...], *, usage: Path | None, form: str) -> int:
    """Read, work out and write to standard output; the exit code."""
    from agent.access.diff_model import load_usage
    from agent.access.output import write_csv, write_json
    from agent.access.text_all import write_text
    from collectors.access_reader import read
    from policies.access.engines import effective
    from policies.access.everything import assumable, held, unread

    state = read(engine, dsn_of(variable), variable=variable, schemas=schemas)
    used = load_usage(usage, state) if usage is not None else None
    rights = effective(state)
    rows, could = held(state, rights, schemas, used), assumable(state, rights, schemas)
    left = list(unread(state))
    out = sys.stdout.buffer
    if form == "json":
        write_json(out, engine, rows, could, (), left)
    elif form == "csv":
        write_csv(out, rows, could, (), left)
    else:
        write_text(out, state, rows, could, left)
    return int(Exit.CANNOT if left else Exit.OK)
