"""Packs: compiled once to JSON, named by digest, read in a millisecond.

In an installed product the shipped library is already compiled (``library.pack.json`` beside this
module). In a checkout it is compiled on first use and kept by the digest of its sources in a cache
that only this user may write.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import msgspec

from hustings.errors import PolicyError
from hustings.facts import Registry
from policies.model import PACK_LIMIT, TABLE_LIMIT, Pack

HERE = Path(__file__).parent
COMPILED = HERE / "library.pack.json"

_CONTRACT = HERE.parent / "hustings"
_RULES = (*(HERE / name for name in ("model.py", "loader.py", "conditions.py", "example_faults.py")),
          _CONTRACT / "yaml_source.py", _CONTRACT / "times.py", _CONTRACT / "strict_json.py", _CONTRACT / "facts.json")
"""What the compiled form, and whether it is taken, depends on besides the pack itself."""


def shipped() -> Pack:
    """The library of this release. Raises ``PolicyError`` if it is empty or faulty."""
    if COMPILED.is_file():
        return decode(COMPILED.read_bytes(), str(COMPILED))
    return _compiled(HERE)


def load(path: Path) -> Pack:
    """A pack from a directory or a compiled ``.json`` file. Raises ``PolicyError``."""
    if path.is_dir():
        return _compiled(path)
    try:
        with path.open("rb") as file:
            data = file.read(PACK_LIMIT + TABLE_LIMIT + 1)
    except OSError as error:
        raise PolicyError(f"the pack cannot be read: {error.strerror}", where=str(path),
                          remedy="name a pack directory or a compiled .json pack") from error
    pack = decode(data, str(path))
    _hold_to_rules(pack, data, path)
    return pack


def _hold_to_rules(pack: Pack, data: bytes, path: Path) -> None:
    """Hold a compiled pack to the loader's rules, once for each pack and each release of the rules: that it
    passed is remembered where only this user can write. Raises ``PolicyError``."""
    cached = _cache_directory()
    digest = hashlib.sha256(data)
    for source in _RULES:
        digest.update(source.read_bytes())
    mark = cached / f"held-{digest.hexdigest()}" if cached else None
    if mark is not None and ours(mark):
        return
    from policies.loader import compiled_faults

    compiled_faults(pack, data, str(path))
    if mark is not None:
        with suppress(OSError):  # without room for the mark the pack is held to the rules each time
            mark.touch(mode=0o600)


def encode(pack: Pack) -> bytes:
    """The compiled form, whose SHA-256 is the pack's digest."""
    return msgspec.json.encode(msgspec.structs.replace(pack, digest=""))


def decode(data: bytes, where: str) -> Pack:
    """A pack from its compiled form. Raises ``PolicyError``."""
    if len(data) > PACK_LIMIT + TABLE_LIMIT:
        raise PolicyError(f"more than the {PACK_LIMIT + TABLE_LIMIT} bytes a pack may have", where=where,
                          remedy="name a pack directory or a compiled .json pack")
    try:
        pack = msgspec.json.decode(data, type=Pack)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise PolicyError(f"not a compiled pack: {error}", where=where,
                          remedy="compile it again with `hustings policy pack DIR`") from error
    if not pack.checks:
        raise PolicyError("the pack holds no check", where=where, remedy="compile it again")
    return msgspec.structs.replace(pack, digest="sha256:" + hashlib.sha256(data).hexdigest())


def compile_directory(root: Path, registry: Registry | None = None) -> Pack:
    """Load and compile ``root`` afresh, digest included. Raises ``PolicyError``."""
    from policies.loader import load_directory

    pack = load_directory(root, registry or Registry.shipped(), tables_from=HERE / "tables")
    return decode(encode(pack), str(root))


def _compiled(root: Path) -> Pack:
    """``root``'s pack by way of the cache."""
    cached = _cache_directory()
    if cached is None:
        return compile_directory(root)
    path = cached / f"pack-{_source_digest(root)}.json"
    if ours(path):
        with suppress(OSError, PolicyError):  # a damaged cache is made anew
            return decode(path.read_bytes(), str(path))
    pack = compile_directory(root)
    scratch = path.with_suffix(f".{os.getpid()}")
    with suppress(OSError):  # without room for a cache the pack is compiled each time
        scratch.write_bytes(encode(pack))
        scratch.chmod(0o600)
        scratch.replace(path)
    return pack


def _source_digest(root: Path) -> str:
    """A digest of everything the compiled form depends on: sources, fact declarations and the compiler."""
    digest = hashlib.sha256()
    tables = root / "tables" if (root / "tables").is_dir() else HERE / "tables"
    for path in [root / "pack.yaml", *sorted((root / "library").rglob("*.y*ml")), *sorted(tables.glob("*.json")),
                 *_RULES]:
        data = path.read_bytes() if path.is_file() else b""
        digest.update(f"{path}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()


def _cache_directory() -> Path | None:
    """A directory only this user may write, or None if there can be none."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - may stay unexpanded
    path = Path(base) / "hustings"
    if not path.is_absolute():
        return None
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return path if ours(path) else None


def ours(path: Path) -> bool:
    """Whether ``path`` exists and nobody but this user (or root) can have written it."""
    try:
        seen = path.lstat()
    except OSError:
        return False
    if os.name != "posix":
        return True
    import stat

    if stat.S_ISLNK(seen.st_mode):
        return False
    return seen.st_uid in (os.geteuid(), 0) and not seen.st_mode & 0o022
