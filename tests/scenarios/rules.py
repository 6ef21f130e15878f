"""Which of our checks judges what a rule of an outside suite judges: ``rules.json`` beside this file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Rule:
    """A check and the parameters it is judged with; a value ``$name`` is the scenario's variable of that name."""

    check: str
    parameters: dict[str, str]

    def settings(self, variables: dict[str, str]) -> list[str]:
        """What ``hustings check --set`` is given. A variable that the scenario leaves out keeps our default."""
        filled = {name: variables.get(value[1:], "") if value.startswith("$") else value
                  for name, value in self.parameters.items()}
        return [f"{self.check}.{name}={value}" for name, value in filled.items() if value]


def rules() -> dict[str, Rule]:
    """Every rule that one of our checks claims to judge."""
    return {name: Rule(said["check"], said.get("parameters", {})) for name, said in _json("rules.json").items()}


def unmapped() -> dict[str, str]:
    """Rules of the development scenarios that no check of ours claims to judge, and why."""
    return _json("unmapped.json")


def disagreements() -> dict[str, str]:
    """Scenarios (``rule/name``) whose expected verdict is wrong, with the evidence."""
    return _json("disagreements.json")


def _json(name: str) -> dict:  # type: ignore[type-arg]
    return json.loads((HERE / name).read_text("utf-8"))  # type: ignore[no-any-return]
