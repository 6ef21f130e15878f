"""Which columns of tables a view shows, from the query that PostgreSQL keeps for it.

The stored query (``pg_rewrite.ev_action``) is a tree in text. Each entry of its outermost target list says
which column of the view it is (``resno``) and which table's column, when it is one as it stands (``resorigtbl``,
``resorigcol``); joins and subqueries
are already seen through. A column that is computed from others shows as none. Pure.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\\.|[{}]|:(resno|resorigtbl|resorigcol|resjunk) ([^\s{}()]*)")


def shown(tree: str) -> tuple[tuple[int, int, int], ...]:
    """(the view's column number, table, its column number) of what the outermost target list takes as it is."""
    found: list[tuple[int, int, int]] = []
    depth, own, table, column = 0, 0, 0, 0
    for token in _TOKEN.finditer(tree):
        text = token.group()
        if text == "{":
            depth += 1
        elif text == "}":
            depth -= 1
            if depth == 0:
                break
        elif depth == 2:  # an entry of the outermost list: no other node at this depth has such fields
            if token.group(1) == "resno":
                own = int(token.group(2))
            elif token.group(1) == "resorigtbl":
                table = int(token.group(2))
            elif token.group(1) == "resorigcol":
                column = int(token.group(2))
            elif token.group(1) == "resjunk" and token.group(2) == "false" and table:
                found.append((own, table, column))
    return tuple(dict.fromkeys(found))
