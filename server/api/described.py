"""What the fields of a struct mean: the string below each of them in the source, as our style has it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache
from typing import Any

import msgspec


@cache
def meanings(kind: Any) -> dict[str, str]:
    """By field, those of its bases too. A field without a string has none."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        if one is not msgspec.Struct and issubclass(one, msgspec.Struct):
            found |= _own(one)
    return found


def _own(kind: type) -> dict[str, str]:
    [made] = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(made, ast.ClassDef)
    found: dict[str, str] = {}
    name = ""
    for line in made.body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            name = line.target.id
        elif name and isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant):
            found[name] = " ".join(str(line.value.value).split())
        else:
            name = ""
    return found
