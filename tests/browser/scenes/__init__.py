"""What the demo office has beside its machines, a module a subject: each says which pages it adds and sets its scene.

A module may have ``PAGES``, ``ELSEWHERE`` and ``NOT_PAGES`` (as ``tests.browser.pages``) and
``prepare(demo, data, now)``, which is called once when the office is served.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType


def scenes() -> list[ModuleType]:
    """Every module here, by name."""
    return [importlib.import_module(f"{__name__}.{one.name}") for one in pkgutil.iter_modules(__path__)]
