"""What a route of the API is: a function from a call and what was asked to what is answered.

::

    @read("/v1/machines", rules.api("machines:read", reviewing=Reviewing.WHOLE))
    def machines(call: Call, asked: Paged) -> Page[Machine]:
        '''Every machine, with its grade.'''

``asked`` is the struct that the query must fit, ``sent`` the one that the body must fit; every other parameter stands
in the path and has its type. Whatever does not fit is refused before the function runs, and from the same types the
description of the API is made (``server.api.openapi``). The function may raise ``Refused`` and ``UsageError``.
"""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, get_type_hints

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from hustings import strict_json
from hustings.errors import BadJson, TooLarge
from server.access.rules import Rule
from server.api.call import Call
from server.problems import Refused

MAX_BODY = 256 << 10
_PLACE = re.compile(r"\{([a-z]+):str\}")
_Asked = Request[Any, Any, State]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class File:
    """An answer that is not JSON of ours: a download."""

    content: bytes
    media_type: str
    name: str


@dataclass(frozen=True)
class Endpoint:
    """One route: its method, address, rule and function. ``status`` is what it answers when all is well."""

    method: str
    path: str
    rule: Rule
    work: Callable[..., Any]
    status: int
    media: str

    @cached_property
    def types(self) -> dict[str, Any]:
        return get_type_hints(self.work, include_extras=True)

    @property
    def asked(self) -> Any:
        """The struct of its query; None where it takes none."""
        return self.types.get("asked")

    @property
    def sent(self) -> Any:
        """The struct of its body; None where it takes none."""
        return self.types.get("sent")

    @property
    def answer(self) -> Any:
        return self.types["return"]

    @cached_property
    def places(self) -> dict[str, Any]:
        """The parameters of its path and their types."""
        return {name: self.types[name] for name in _PLACE.findall(self.path)}

    @property
    def about(self) -> str:
        """What it does, in words."""
        return inspect.cleandoc(self.work.__doc__ or "")

    async def __call__(self, request: _Asked) -> Response[bytes]:
        """Answer a request. Raises ``Refused`` for what does not fit."""
        given = self._placed(request.path_params)
        query = request.query_params
        if self.asked is not None:
            given["asked"] = _query(query.dict(), self.asked)
        elif query:
            raise Refused("bad_request", "this address takes no parameters")
        if self.sent is not None:
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                raise Refused("unsupported_type")
            given["sent"] = _body(await request.body(), self.sent)
        call = Call(request)
        found = await asyncio.to_thread(self.work, call, **given)
        if isinstance(found, File):
            return Response(found.content, status_code=self.status, media_type=found.media_type, headers={
                "content-disposition": f'attachment; filename="{found.name}"'})
        return Response(msgspec.json.encode(found), status_code=self.status, media_type=self.media)

    def _placed(self, params: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return {name: msgspec.convert(params[name], kind, strict=False) for name, kind in self.places.items()}
        except msgspec.ValidationError as error:
            raise Refused("not_found") from error


def read(path: str, rule: Rule, *, media: str = "application/json") -> Callable[[F], HTTPRouteHandler]:
    """A route that only looks. ``media`` is the type of its answer."""
    def made(work: F) -> HTTPRouteHandler:
        endpoint = Endpoint("GET", path, rule, work, 200, media)
        return get(path, access=rule, endpoint=endpoint, name=work.__name__)(_handler(endpoint))
    return made


def act(path: str, rule: Rule, *, status: int = 200) -> Callable[[F], HTTPRouteHandler]:
    """A route that does something."""
    def made(work: F) -> HTTPRouteHandler:
        endpoint = Endpoint("POST", path, rule, work, status, "application/json")
        return post(path, access=rule, endpoint=endpoint, status_code=status)(_handler(endpoint))
    return made


def _handler(endpoint: Endpoint) -> Callable[..., Any]:
    async def handle(request: Request[Any, Any, State]) -> Response[bytes]:
        return await endpoint(request)
    handle.__name__ = endpoint.work.__name__
    return handle


def _query(found: Mapping[str, list[str]], kind: Any) -> Any:
    """What was asked, as ``kind``; a parameter that may be repeated is a list there."""
    fields = {one.encode_name: one for one in msgspec.structs.fields(kind)}
    if unknown := sorted(set(found) - set(fields)):
        raise Refused("bad_request", f"unknown parameter {unknown[0][:40]!r}; it takes: {', '.join(fields)}")
    plain: dict[str, Any] = {}
    for name, values in found.items():
        many = not isinstance(fields[name].default, (str, int, type(None), msgspec.UnsetType))
        if len(values) > 1 and not many:
            raise Refused("bad_request", f"the parameter {name!r} appears more than once")
        plain[name] = values if many else values[0]
    try:
        return msgspec.convert(plain, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Refused("bad_request", str(error)) from error


def _body(data: bytes, kind: Any) -> Any:
    try:
        return msgspec.convert(strict_json.loads(data, limit=MAX_BODY), kind)
    except TooLarge as error:
        raise Refused("too_large", error.what) from error
    except BadJson as error:
        raise Refused("bad_request", error.what) from error
    except msgspec.ValidationError as error:
        raise Refused("malformed", str(error)) from error
