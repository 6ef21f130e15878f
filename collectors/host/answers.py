"""What a program's end means, alike for live and recorded machines."""

from __future__ import annotations

from collections.abc import Sequence

from collectors.host.protocol import Denied, LookError, Output
from hustings.facts import Reason

_REFUSALS = (
    "permission denied", "operation not permitted", "must be root", "need to be root", "be superuser",
    "root privileges", "only root", "not authorized", "access is denied",
)


def checked(program: str, output: Output, ok: Sequence[int]) -> Output:
    """``output`` if its exit code is one of ``ok``. Raises ``Denied`` where stderr says that a
    privilege is lacking, else an ``error`` with the first line of stderr."""
    if output.code in ok:
        return output
    said = output.stderr.strip()
    first = said.splitlines()[0][:300] if said else "and said nothing"
    if any(refusal in said.lower() for refusal in _REFUSALS):
        raise Denied(f"{program}: {first}")
    raise LookError(Reason.ERROR, f"{program} ended with {output.code}: {first}")
