"""Build step: a wheel carries the shipped library compiled, so that a machine never parses YAML for it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompilePack(BuildHookInterface):  # type: ignore[type-arg]
    """Compiles ``policies/`` to ``policies/library.pack.json`` inside the wheel only."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the wheel is written; an editable install compiles on first use instead."""
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root))
        from policies.pack import HERE, compile_directory, encode

        compiled = Path(self.directory) / "library.pack.json"
        compiled.parent.mkdir(parents=True, exist_ok=True)
        compiled.write_bytes(encode(compile_directory(HERE)))
        build_data["force_include"][str(compiled)] = "policies/library.pack.json"
