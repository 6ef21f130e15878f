"""The description of the API (OpenAPI 3.1), made of its routes and their types: there is no second list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, get_args, get_origin

import msgspec

from hustings import __version__
from server.access import rules
from server.access.rules import ANY_TOKEN, Reviewing
from server.api.call import Call
from server.api.described import meanings
from server.api.endpoint import Endpoint, File, read
from server.problems import PROBLEMS

_REF = "#/components/schemas/{name}"
_PROBLEM = "application/problem+json"
_ABOUT = """\
What an office's pages show, for programs. A request shows a token (`Authorization: Bearer hustings_…`) that one of \
the office's people made on the page *Tokens*: it does what its scopes and its maker's role both allow. Without a \
token everything is 404; with one that is not valid everything is 401. What is another office's is 404, alike for what \
does not exist.

Lists come in pages: ask again with `after` set to `next` of the page before, until that is null. A verdict of \
`unknown` is never a pass: it says that something could not be learnt, and `reason` says why."""
_USUAL = {400: "bad_request", 401: "bad_api_token", 403: "scope", 404: "not_found", 429: "too_many", 503: "busy"}
_WITH_BODY = {413: "too_large", 415: "unsupported_type", 422: "not_done"}


def document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The OpenAPI document of some endpoints, as plain JSON values."""
    every = sorted(endpoints, key=lambda one: (one.path, one.method))
    kinds = [kind for one in every for kind in (one.answer, one.sent, one.asked) if kind not in (None, File)]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    known = dict(zip(map(repr, kinds), schemas, strict=True))
    for kind in _structs(kinds):
        _describe(components.get(_name(kind), {}), kind)
    asked = {_name(one.asked) for one in every if one.asked is not None}
    paths: dict[str, Any] = {}
    for one in every:
        paths.setdefault(_plain(one.path), {})[one.method.lower()] = _operation(one, known, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hustings", "version": __version__, "description": _ABOUT,
                 "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": "/", "description": "Your own server"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {**{name: schema for name, schema in sorted(components.items()) if name not in asked},
                        "Problem": _problem()},
            "securitySchemes": {"token": {
                "type": "http", "scheme": "bearer", "bearerFormat": "hustings_…",
                "description": "A token of the API. Below each route stands the scope that it needs."}},
        },
    }


@cache
def published() -> bytes:
    """The document of this release, as it is served and as it stands in ``docs/openapi.json``."""
    from server.api.application import discovered

    made = document(one.opt["endpoint"] for one in discovered())
    return msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"


@read("/v1/openapi.json", rules.api(ANY_TOKEN, reviewing=Reviewing.HOME))
def openapi(call: Call) -> File:
    """This description."""
    return File(published(), "application/json", "openapi.json")


ROUTES = [openapi]


def _operation(one: Endpoint, known: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    first, _, rest = one.about.partition("\n")
    needs = "any token" if one.rule.token == ANY_TOKEN else f"a token with the scope `{one.rule.token}`"
    who = ", ".join(sorted(role.value for role in one.rule.roles or ()))
    outside = {Reviewing.NO: "", Reviewing.HOME: "; reviewers", Reviewing.SCOPED: "; reviewers within their engagement",
               Reviewing.WHOLE: "; reviewers of the whole office with names shown"}[one.rule.reviewing]
    made: dict[str, Any] = {
        "operationId": f"{one.method.lower()}_{one.work.__name__}", "summary": first.rstrip("."),
        "description": f"{rest.strip()}\n\nFor {needs}, made by: {who}{outside}.".strip(),
        "tags": [one.work.__module__.rpartition(".")[2]],
        "security": [{"token": [] if one.rule.token == ANY_TOKEN else [one.rule.token]}],
        "parameters": [*_placed(one), *_asked(one, components)],
        "responses": {str(one.status): _answer(one, known), **_refusals(one)},
    }
    if one.sent is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": known[repr(one.sent)]}}}
    return made


def _placed(one: Endpoint) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": msgspec.json.schema(kind)}
            for name, kind in one.places.items()]


def _asked(one: Endpoint, components: dict[str, Any]) -> list[dict[str, Any]]:
    if one.asked is None:
        return []
    schema = components[_name(one.asked)]
    found = []
    for name, each in schema["properties"].items():
        plain = {key: value for key, value in each.items() if key != "description"}
        made = {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": plain}
        if "description" in each:
            made["description"] = each["description"]
        found.append(made)
    return found


def _answer(one: Endpoint, known: dict[str, Any]) -> dict[str, Any]:
    schema = {} if one.answer is File else known[repr(one.answer)]
    return {"description": "What was asked for.", "content": {one.media: {"schema": schema} if schema else {}}}


def _refusals(one: Endpoint) -> dict[str, Any]:
    kinds = _USUAL | (_WITH_BODY if one.method == "POST" else {})
    return {str(status): {"description": PROBLEMS[kind].title, "content": {
        _PROBLEM: {"schema": {"$ref": _REF.format(name="Problem")}}}} for status, kind in kinds.items()}


def _problem() -> dict[str, Any]:
    return {
        "title": "Problem", "type": "object", "required": ["type", "title", "status"],
        "description": "Why a request was refused (RFC 9457).",
        "properties": {
            "type": {"enum": sorted(PROBLEMS)}, "title": {"type": "string"}, "status": {"type": "integer"},
            "detail": {"type": "string"}, "where": {"type": "string"}, "remedy": {"type": "string"},
            "scope": {"type": "string", "description": "The scope that the token lacks."}}}


def _describe(schema: dict[str, Any], kind: Any) -> None:
    for name, text in meanings(kind).items():
        if name in schema.get("properties", {}):
            schema["properties"][name].setdefault("description", text)


def _structs(kinds: Iterable[Any]) -> list[Any]:
    """The structs of some types and all that these are made of."""
    found: dict[str, Any] = {}
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop()
        of = get_origin(kind) or kind
        waiting += get_args(kind)
        if isinstance(of, type) and issubclass(of, msgspec.Struct) and repr(kind) not in found:
            found[repr(kind)] = of
            waiting += [one.type for one in msgspec.structs.fields(kind)]
    return list(found.values())


def _name(kind: Any) -> str:
    return str(kind.__name__)


def _plain(path: str) -> str:
    return re.sub(r"\{([a-z]+):str\}", r"{\1}", path)
