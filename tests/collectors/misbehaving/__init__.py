"""Collectors that do what collectors must not, one a module; and one that behaves."""

from collectors.base import Collector, Disclosure, Fact, Platform, Type


def collector(module: str, collect, **given) -> Collector:
    name = module.rpartition(".")[2]
    facts = (
        Fact(f"{name}.one", Type.INT, "The first fact.", Disclosure.SHARED),
        Fact(f"{name}.two", Type.TEXTS, "The second fact.", Disclosure.SHARED),
    )
    return Collector(name, frozenset({Platform.LINUX}), facts, collect, **{"timeout": 20.0} | given)
