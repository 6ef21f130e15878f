from tests.collectors.misbehaving import collector


def collect(host, declared):
    return {"glutton.one": len(bytearray(512 << 20))}


COLLECTOR = collector(__name__, collect)
