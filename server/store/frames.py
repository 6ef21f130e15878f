"""zstd frames: what is kept is compressed once, and what is opened has a limit."""

from __future__ import annotations

import io

import zstandard

from hustings.errors import BadDocument, TooLarge

MAX_WINDOW = 1 << 24
"""Bytes of history a frame may make the reader keep."""


def pack(data: bytes) -> bytes:
    """``data`` in one frame that declares its size."""
    return zstandard.ZstdCompressor(level=3).compress(data)


def unpack(frame: bytes, limit: int) -> bytes:
    """What is in exactly one whole frame. Raises ``TooLarge`` over ``limit`` bytes, ``BadDocument``.

    A declared size is checked before anything is inflated, and libzstd holds the frame to it. A frame
    that declares none is first read up to one byte past the limit, then again to see that it is whole.
    """
    try:
        declared = zstandard.get_frame_parameters(frame).content_size
        if declared in (zstandard.CONTENTSIZE_UNKNOWN, 0):
            return _unpack_undeclared(frame, limit)
        if declared > limit:
            raise TooLarge(f"the body inflates to {declared} bytes; the limit is {limit}")
        return zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW).decompress(frame, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise BadDocument(f"the body is not one whole zstd frame: {error}") from error


def _unpack_undeclared(frame: bytes, limit: int) -> bytes:
    decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
    if len(decompressor.stream_reader(io.BytesIO(frame), read_across_frames=False).read(limit + 1)) > limit:
        raise TooLarge(f"the body inflates to more than {limit} bytes")
    whole = decompressor.decompressobj()
    data = whole.decompress(frame)
    if not whole.eof or whole.unused_data:
        raise BadDocument("the body is not one whole zstd frame")
    return data
