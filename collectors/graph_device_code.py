"""Signing in to a tenant as a person, with a code that is entered elsewhere (RFC 8628)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

from collectors import graph_token_cache
from collectors._graph_places import place
from collectors._graph_wire import Wire
from collectors._patience import OutOfTime, Patience
from collectors.graph_errors import NotSignedIn, Throttled
from collectors.graph_sign_in import authority, heard, keepable, msal, permissions, public, refresh_token, refused
from collectors.host.protocol import Unreadable
from hustings.declared import Tenant
from hustings.times import utc_text

_WAITING = frozenset({"authorization_pending", "slow_down"})


@dataclass(frozen=True)
class Code:
    """What to tell the person: open ``address`` and enter ``code`` within ``seconds``."""

    address: str
    code: str
    seconds: int
    flow: dict[str, Any] = field(repr=False)


class DeviceSignIn:
    """One sign-in of one person to a declared tenant that has a ``token_cache``."""

    def __init__(self, tenant: Tenant, patience: Patience) -> None:
        self._tenant = tenant
        self._patience = patience
        self._cache = msal().SerializableTokenCache()
        self._app = public(tenant, Wire(authority(tenant), patience), self._cache)

    def begin(self) -> Code:
        """Ask for a code. Raises ``NotSignedIn`` where none is given."""
        try:
            flow = self._app.initiate_device_flow([place(self._tenant).scope])
        except (ValueError, KeyError):
            raise NotSignedIn("the sign-in service gives no codes to be entered elsewhere") from None
        address, code = flow.get("verification_uri"), flow.get("user_code")
        if not isinstance(address, str) or not isinstance(code, str) or not isinstance(flow.get("device_code"), str):
            raise refused(flow)
        if not address.isprintable() or not code.isprintable():
            raise Unreadable("the sign-in service gives a code or an address that cannot be shown")
        return Code(address, code, flow["expires_in"], flow)

    def finish(self, code: Code) -> frozenset[str]:
        """Wait until the person has signed in, keep the encrypted cache, and answer the permissions that were
        delegated. Raises ``NotSignedIn`` when it is declined or the code runs out."""
        flow = dict(code.flow)
        while True:
            try:
                self._patience.pause(float(flow["interval"]))
            except OutOfTime as error:
                raise Throttled(f"nobody has signed in by {utc_text(error.again)}", error.again) from None
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it times polls by another clock than ours
                result = heard(lambda: self._app.acquire_token_by_device_flow(flow, exit_condition=lambda _: True))
            if result.get("error") not in _WAITING:
                break
        token = result.get("access_token")
        if not isinstance(token, str):
            raise refused(result)
        if refresh_token(self._cache) is None:
            raise NotSignedIn("the sign-in service gives no refresh token, without which nothing can be kept")
        graph_token_cache.save(self._tenant, keepable(self._cache))
        return permissions(token)
