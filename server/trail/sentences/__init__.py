"""What acts are called. Every module here has ``SENTENCES``: an action and its sentence, marked with ``N_``.

A sentence is filled with ``who`` (who acted), ``subject``, and what the act's detail holds by name. A test reads every
action out of the sources and demands its sentence.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache


@cache
def every() -> Mapping[str, str]:
    """The sentences of all modules by action. Raises ``ValueError`` for an action that two modules have."""
    found: dict[str, str] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        for action, sentence in importlib.import_module(f"{__name__}.{module.name}").SENTENCES.items():
            if action in found:
                raise ValueError(f"two modules say what {action} is")
            found[action] = sentence
    return found
