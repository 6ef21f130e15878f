import os

from tests.collectors.misbehaving import collector


def collect(host, declared):
    os._exit(0)


COLLECTOR = collector(__name__, collect)
