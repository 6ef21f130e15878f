"""The documentation as data: its code blocks, inline commands and links."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = {"facts.md", "checks.md", "cli.md"}
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`((?:hustings|make) [^`]+)`")
_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


@dataclass(frozen=True)
class Command:
    """One command line as a document shows it."""

    document: str
    words: tuple[str, ...]
    run: bool
    """Whether the document promises that it runs as it stands (a ``sh`` block)."""

    def __str__(self) -> str:
        return f"{self.document}: {' '.join(self.words)}"


def documents() -> list[Path]:
    """Every document written by hand."""
    return [path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")] if path.name not in GENERATED]


def commands() -> list[Command]:
    """Every ``hustings`` and ``make`` command in the documents."""
    found = []
    for path in documents():
        text = path.read_text(encoding="utf-8")
        name = str(path.relative_to(ROOT))
        for language, block in _BLOCK.findall(text):
            if language in ("sh", "console"):
                lines = block.replace("\\\n", " ").splitlines()
                found += [_command(name, line, language == "sh") for line in lines]
        without_blocks = _BLOCK.sub("", text)
        found += [_command(name, line, False) for line in _INLINE.findall(without_blocks)]
    return [one for one in found if one is not None]


def _command(document: str, line: str, run: bool) -> Command | None:
    line = line.strip()
    if not run and line[:2] in ("# ", "$ "):
        line = line[2:]
    words = tuple(shlex.split(line, comments=run))
    if words[:1] == ("sudo",):
        words = words[1:]
    return Command(document, words, run) if words[:1] in (("hustings",), ("make",)) else None


def blocks(language: str) -> list[tuple[str, str]]:
    """Every block of one language: (document, text)."""
    return [(str(path.relative_to(ROOT)), block) for path in documents()
            for name, block in _BLOCK.findall(path.read_text(encoding="utf-8")) if name == language]


def links() -> list[tuple[Path, str]]:
    """Every relative link: (document, target)."""
    return [(path, target) for path in documents() for target in _LINK.findall(path.read_text(encoding="utf-8"))
            if "://" not in target]
