import os

from collectors.base import Listing
from tests.collectors.misbehaving import collector


def collect(host, declared):
    print("this must not mix with the answer")
    return {"fine.one": os.getpid(), "fine.two": Listing([host.run("printf", "x").stdout])}


COLLECTOR = collector(__name__, collect)
