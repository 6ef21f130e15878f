"""A line of the equipment inventory with everything the office says of it, beyond what a plan is made from."""

from __future__ import annotations

from datetime import date

import msgspec

from server.planning.model import Asset


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An asset and its particulars. ``asset.ends`` is filled by ``server.planning.ends``."""

    asset: Asset
    edition: str = ""
    """Of its software, where its version does not say it: a Windows build ends on different days by edition."""
    product: str = ""
    """The product and cycle of the lifecycle table that someone said it is: ``windows/11-24h2-w``."""
    serials: tuple[str, ...] = ()
    owner: str = ""
    """The office, department or vendor it belongs to; never a person."""
    place: str = ""
    certification: str = ""
    """Its certificate's number or name."""
    certified_until: date | None = None
    end_of_life: date | None = None
    """Declared by the office."""
    end_of_sale: date | None = None
    extended_until: date | None = None
    """Support that its maker already granted beyond its end; counts only with ``evidence``."""
    evidence: str = ""
    """What proves ``extended_until``, ``certified_until`` or ``end_of_life``: a letter, contract or page."""
    lineage: str = ""
    """The make as it was written, where the current vendor's name replaced it."""
    counted: bool = True
    """False where how many there are is not known: it then stands as one, and what replacing it costs is not known."""
