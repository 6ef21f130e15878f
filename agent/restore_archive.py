"""Unpacking what was restored: regular files and directories alone, inside the given directory and nowhere else.

Links, devices and the like are left out, as nothing counts them; so are owners and permissions.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from agent.restore_programs import NotRestored
from collectors._file_headers import SIZE, header

_OPENERS: dict[str, Callable[..., Any]] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
_BLOCK = 1 << 20
_LAYERS = 2


def unpack(archive: IO[bytes], into: Path) -> None:
    """Unpack a tar archive, read from its beginning to its end. Raises ``NotRestored``."""
    try:
        with tarfile.open(fileobj=archive, mode="r|") as members:
            for member in members:
                _member(members, member, into)
    except (tarfile.TarError, EOFError) as error:
        raise NotRestored(f"the archive cannot be unpacked: {type(error).__name__}", where="tar") from error


def _member(members: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    path = _inside(into, member.name)
    if member.isdir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif member.islnk():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(_inside(into, member.linkname), path)
    elif member.isreg():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = members.extractfile(member)
        assert data is not None
        with path.open("xb") as out:
            shutil.copyfileobj(data, out, _BLOCK)


def _inside(into: Path, name: str) -> Path:
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise NotRestored("the archive has a name that leads out of it", where="tar")
    return into.joinpath(*parts)


def decompressed(path: Path) -> Path:
    """The file without its compression, however many layers, in place of it. Raises ``NotRestored``."""
    for _ in range(_LAYERS):
        name = kind(path).partition(" of ")[0]
        if name not in _OPENERS and name != "zstd":
            break
        wider = path.with_name(f"{path.name}-")
        try:
            with _opened(path, name) as packed, wider.open("wb") as out:
                shutil.copyfileobj(packed, out, _BLOCK)
        except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
            raise NotRestored(f"the dump cannot be unpacked: {type(error).__name__}", where=name) from error
        path.unlink()
        path = wider
    return path


def _opened(path: Path, name: str) -> IO[bytes]:
    if name == "zstd":
        import zstandard

        opened: IO[bytes] = zstandard.open(path, "rb")
        return opened
    return _OPENERS[name](path, "rb")  # type: ignore[no-any-return]


def kind(path: Path) -> str:
    """What a file begins like, "" if like nothing known."""
    with path.open("rb") as file:
        seen = header(file.read(SIZE))
    return seen.kind if seen else ""
