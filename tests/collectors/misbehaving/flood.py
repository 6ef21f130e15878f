from collectors.base import Listing
from tests.collectors.misbehaving import collector


def collect(host, declared):
    return {"flood.one": 1, "flood.two": Listing(["x" * 1024] * 1024)}


COLLECTOR = collector(__name__, collect)
