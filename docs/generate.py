"""Write everything that is generated from code, or (``--check``) say what is not current.

Facts come from the collectors and derivations, checks from the library, the command line from
``--help`` and the report's schema from its types.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def facts_json() -> str:
    """Every declared fact, for the rooms that never look."""
    import msgspec

    from collectors.discovery import discover
    from policies.derive.base import discover as derivations

    facts = [fact for one in discover() for fact in one.facts] + [fact for one in derivations() for fact in one.facts]
    lines = ",\n".join(msgspec.json.encode(fact).decode() for fact in sorted(facts, key=lambda fact: fact.id))
    return f"[\n{lines}\n]\n"


def generated() -> dict[str, str]:
    """Path below the checkout, and what should stand there."""
    return {"hustings/facts.json": facts_json()}


def main() -> int:
    stale = []
    for name, text in generated().items():
        path = ROOT / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"not current: {', '.join(stale)}\n  fix: run `make docs` and commit the result", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
