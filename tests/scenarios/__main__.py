"""``python -m tests.scenarios [RULE …]``: expected verdicts beside ours, for the development scenarios."""

from __future__ import annotations

import sys

from tests.scenarios import states
from tests.scenarios.base import base_root, impossible
from tests.scenarios.judging import judged
from tests.scenarios.rules import disagreements, rules, unmapped


def main(names: list[str]) -> int:
    if why := impossible():
        print(why, file=sys.stderr)
        return 2
    said = judged(states.DEVELOPMENT, base_root(), names)
    mapped, left_out, explained = rules(), unmapped(), disagreements()
    counts: dict[str, int] = {}
    for scenario in states.read(states.DEVELOPMENT):
        if names and not scenario.rule.startswith(tuple(names)):
            continue
        if scenario.rule not in mapped:
            state, ours = ("left out" if scenario.rule in left_out else "NOT MAPPED"), {}
        else:
            ours = said[scenario.id]
            if ours["verdict"] == scenario.expect:
                state = "agrees"
            elif scenario.expect == "fail" and ours["verdict"] == "pass":
                state = "FALSE PASS"
            else:
                state = "explained" if scenario.id in explained else "DISAGREES"
        counts[state] = counts.get(state, 0) + 1
        if state != "agrees" or names:
            check = mapped[scenario.rule].check if scenario.rule in mapped else left_out.get(scenario.rule, "")
            print(f"{state:<11} {scenario.id}: expected {scenario.expect}, "
                  f"{ours.get('verdict', '-')} ({check}) {ours.get('said', '')[:200]}")
    print(", ".join(f"{count} {state}" for state, count in sorted(counts.items())))
    return 1 if {"FALSE PASS", "DISAGREES"} & set(counts) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
