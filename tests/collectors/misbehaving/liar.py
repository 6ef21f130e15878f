from tests.collectors.misbehaving import collector


def collect(host, declared):
    return {"liar.one": "text", "liar.two": None}


COLLECTOR = collector(__name__, collect)
