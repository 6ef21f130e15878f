import os
import signal

from tests.collectors.misbehaving import collector


def collect(host, declared):
    signal.signal(signal.SIGSEGV, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGSEGV)


COLLECTOR = collector(__name__, collect)
