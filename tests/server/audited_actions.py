"""Every action that the sources write into the audit trail, read out of their syntax trees."""

from __future__ import annotations

import ast
from pathlib import Path

import server

ROOM = Path(server.__file__).parent


class Unreadable(Exception):
    """An action that is no literal, nor a choice of literals, nor a name that stands for one in its function."""


def found() -> dict[str, list[str]]:
    """Action: where it is written. Raises ``Unreadable`` with the place of one that cannot be read."""
    actions: dict[str, list[str]] = {}
    for path in sorted(ROOM.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        if any(isinstance(node, ast.ImportFrom) and node.module == "server.store.audit"
               and "record" in [one.name for one in node.names] for node in ast.walk(tree)):
            raise Unreadable(f"{path}: call it as audit.record")
        for call, function in _calls(tree):
            where = f"{path.relative_to(ROOM.parent)}:{call.lineno}"
            for action in _values(_argument(call, where), function, tree, where):
                actions.setdefault(action, []).append(where)
    return actions


def _calls(tree: ast.Module) -> list[tuple[ast.Call, ast.AST]]:
    """Each call of ``audit.record`` with the innermost function around it."""
    inside: dict[ast.AST, ast.AST] = {}
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for node in ast.walk(function):
                inside[node] = function
    return [(node, inside.get(node, tree)) for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record"
            and isinstance(node.func.value, ast.Name) and node.func.value.id == "audit"]


def _argument(call: ast.Call, where: str) -> ast.expr:
    if len(call.args) > 4:
        return call.args[4]
    for one in call.keywords:
        if one.arg == "action":
            return one.value
    raise Unreadable(where)


def _values(node: ast.expr, function: ast.AST, tree: ast.Module, where: str) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _values(node.body, function, tree, where) | _values(node.orelse, function, tree, where)
    if isinstance(node, ast.Subscript):
        return _values(node.value, function, tree, where)
    if isinstance(node, ast.Dict):
        return set().union(*(_values(one, function, tree, where) for one in node.values))
    if isinstance(node, ast.Name):
        values = [one.value for one in ast.walk(function)
                  if isinstance(one, ast.Assign) and any(isinstance(target, ast.Name) and target.id == node.id
                                                         for target in one.targets)]
        if values:
            return set().union(*(_values(one, function, tree, where) for one in values))
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.id in _parameters(function):
            return _passed(function, node.id, tree, where)
        values = [one.value for one in tree.body if isinstance(one, ast.Assign)
                  and any(isinstance(target, ast.Name) and target.id == node.id for target in one.targets)]
        if values:
            return set().union(*(_values(one, tree, tree, where) for one in values))
    raise Unreadable(f"{where}: {ast.unparse(node)}: write the action as a literal")


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    return [one.arg for one in (*function.args.args, *function.args.kwonlyargs)]


def _passed(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str, tree: ast.Module, where: str) -> set[str]:
    """What the module's own calls of a function hand over for a parameter."""
    place = [one.arg for one in function.args.args].index(name) if name in [
        one.arg for one in function.args.args] else None
    handed: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function.name:
            given = next((one.value for one in node.keywords if one.arg == name), None)
            if given is None and place is not None and len(node.args) > place:
                given = node.args[place]
            if given is None:
                raise Unreadable(f"{where}: {name}")
            around = next((one for one in ast.walk(tree) if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))
                           and node in ast.walk(one)), tree)
            handed |= _values(given, around, tree, where)
    if not handed:
        raise Unreadable(f"{where}: nothing in the module calls {function.name}")
    return handed
