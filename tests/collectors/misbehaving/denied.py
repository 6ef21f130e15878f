from collectors.host.protocol import Denied
from tests.collectors.misbehaving import collector


def collect(host, declared):
    raise Denied("the shadow file")


COLLECTOR = collector(__name__, collect, needs="reading /etc/shadow")
