"""Reading an access model: every fault with its line and remedy, or the model and what is to be thought about.

Faults are what makes no sense or what the engine cannot express; a file with one is refused. Advice is what is
allowed and probably not meant: a shared account without an end, a review that is overdue.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from hustings import yaml_source
from hustings.access.file import BARE_KEYS, AccessFile
from hustings.access.model import AccessModel
from hustings.access.reading_advice import Advice, advise
from hustings.access.reading_model import Builder
from hustings.access.reading_sense import faults_of_sense
from hustings.access.reading_shape import read
from hustings.errors import CannotFinish, ConfigError

SHOWN = 10


class Reading(NamedTuple):
    """What came of reading a file."""

    model: AccessModel | None
    """None if there is any fault."""
    faults: tuple[ConfigError, ...]
    advice: tuple[Advice, ...]


def load(path: Path | str, *, today: date | None = None) -> tuple[AccessModel, tuple[Advice, ...]]:
    """The model in the file at ``path``. Raises ``ConfigError`` with every fault, ``CannotFinish`` if unreadable.

    A relative ``leavers_file`` is taken to be beside the model.
    """
    path = Path(path)
    model, advice = parse(text_of(path), str(path), today=today)
    return beside(model, path), advice


def parse(text: str, name: str, *, today: date | None = None) -> tuple[AccessModel, tuple[Advice, ...]]:
    """The model in ``text``; ``name`` is what messages call it. Raises ``ConfigError`` with every fault."""
    found = inspect(text, name, today=today)
    if found.model is None:
        raise together(found.faults, name)
    return found.model, found.advice


def inspect(text: str, name: str, *, today: date | None = None) -> Reading:
    """Everything that is to be said about ``text``; never raises for what the file says."""
    try:
        source = yaml_source.load(text, name, bare_keys=BARE_KEYS)
    except ConfigError as fault:
        return Reading(None, (fault,), ())
    if not isinstance(source.value, dict):
        return Reading(None, (ConfigError("an access model is a map", where=name,
                                          remedy="start with database:, or let `hustings access init` write one"),), ())
    written, faults = read(source, AccessFile)
    if written is None:
        return Reading(None, in_order(faults, source), ())
    builder = Builder(source, written)
    model = builder.model()
    faults += [*builder.faults, *faults_of_sense(written, model, source)]
    if faults:
        return Reading(None, in_order(faults, source), ())
    model = msgspec.structs.replace(model, digest=hashlib.sha256(text.encode()).hexdigest(), source=name)
    day = today or datetime.now(UTC).date()
    return Reading(model, (), (*builder.advice, *advise(model, source, day)))


def text_of(path: Path) -> str:
    """The file's text. Raises ``ConfigError`` where there is none, ``CannotFinish`` where it may not be read."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError("there is no such file", where=str(path),
                          remedy="name the access model, or write one with `hustings access init`") from error
    except IsADirectoryError as error:
        raise ConfigError("a directory, not a file", where=str(path), remedy="name the access model in it") from error
    except UnicodeDecodeError as error:
        raise ConfigError("not UTF-8 text", where=str(path), remedy="save the file as UTF-8") from error
    except OSError as error:
        raise CannotFinish(f"cannot be read: {error.strerror}", where=str(path),
                           remedy="name a file that you may read") from error


def beside(model: AccessModel, path: Path) -> AccessModel:
    """The model with its roster of leavers looked for beside the file."""
    if not model.leavers_file:
        return model
    return msgspec.structs.replace(model, leavers_file=str(path.parent / model.leavers_file))


def together(faults: tuple[ConfigError, ...] | list[ConfigError], name: str) -> ConfigError:
    """Several faults as one error: the first ten, each with its line and remedy."""
    if len(faults) == 1:
        return faults[0]
    shown = "\n".join(map(str, faults[:SHOWN]))
    more = f"\n… and {len(faults) - SHOWN} more: `hustings access lint` shows them all" if len(faults) > SHOWN else ""
    return ConfigError(f"{len(faults)} faults\n{shown}{more}", where=name)


def in_order(faults: list[ConfigError], source: yaml_source.Source) -> tuple[ConfigError, ...]:
    """By line, each said once."""
    unique = {str(fault): fault for fault in faults}
    return tuple(sorted(unique.values(), key=lambda fault: _line(fault, source.name)))


def _line(fault: ConfigError, name: str) -> int:
    _, _, line = fault.where[len(name):].partition(":")
    return int(line) if line.isdigit() else 0
