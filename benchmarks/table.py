"""The table a run prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One figure: ours, what it is held against, their ratio, and the bound it must keep."""

    what: str
    ours: str
    against: str
    ratio: str
    bound: str


def markdown(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | ours | against | ratio | bound |", "|---|---|---|---|---|"]
    lines += [f"| {one.what} | {one.ours} | {one.against} | {one.ratio} | {one.bound} |" for one in rows]
    return "\n".join(lines)
