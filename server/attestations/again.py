"""What was typed into a form that was refused, to be shown in it again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

LONGEST = 5_000


def again(data: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Texts and lists of texts by field; a field that was not sent is empty. Files cannot be shown again."""
    typed: defaultdict[str, Any] = defaultdict(str)
    for name, value in (data or {}).items():
        if isinstance(value, list):
            typed[name] = [str(one)[:LONGEST] for one in value]
        elif isinstance(value, str):
            typed[name] = value[:LONGEST]
    return typed
