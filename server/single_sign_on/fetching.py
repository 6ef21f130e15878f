"""HTTP to an identity provider: within a time, within a size, to nowhere else than where it said."""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from hustings.errors import CannotFinish

SECONDS = (5.0, 10.0)
"""To connect, and between two bytes."""
LARGEST = 512 << 10


class _Adapter(HTTPAdapter):
    """Trusts one authority alone, where it is given."""

    def __init__(self, authorities: str) -> None:
        self._authorities = authorities
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
        context = ssl.create_default_context(cadata=self._authorities or None)
        return super().init_poolmanager(*args, ssl_context=context, **kwargs)


class Client:
    """What ``msal`` and the fetching of keys go through. It follows no redirect."""

    def __init__(self, authorities: str = "") -> None:
        """``authorities``: PEM of those to trust; empty for the well-known ones."""
        self._session = requests.Session()
        self._session.trust_env = False
        if authorities:
            self._session.mount("https://", _Adapter(authorities))

    def get(self, url: str, **options: Any) -> requests.Response:
        return self._request("GET", url, **options)

    def post(self, url: str, **options: Any) -> requests.Response:
        return self._request("POST", url, **options)

    def close(self) -> None:
        self._session.close()

    def _request(self, method: str, url: str, **options: Any) -> requests.Response:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise CannotFinish("not an https address", where=url[:200], remedy="the provider must speak https")
        options.pop("timeout", None)
        try:
            answer = self._session.request(method, url, timeout=SECONDS, allow_redirects=False, stream=True, **options)
            with answer:
                body = b""
                for part in answer.iter_content(64 << 10):
                    body += part
                    if len(body) > LARGEST:
                        raise CannotFinish("the answer is too large", where=url[:200], remedy="see the provider's log")
        except (requests.RequestException, ValueError) as error:
            raise CannotFinish(f"the identity provider cannot be reached: {type(error).__name__}", where=url[:200],
                               remedy="check its address and certificate, and that this server may connect to it"
                               ) from error
        answer._content = body
        return answer
