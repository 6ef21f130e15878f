from tests.collectors.misbehaving import collector


def collect(host, declared):
    return {"bug.one": 1 // 0}


COLLECTOR = collector(__name__, collect)
