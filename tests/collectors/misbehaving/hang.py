from tests.collectors.misbehaving import collector


def collect(host, declared):
    host.run("sleep", "918273", timeout=60)


COLLECTOR = collector(__name__, collect, timeout=1.5)
