"""The floor of an audit: a plain script that reads the same files and runs the same programs.

``python -m benchmarks.floor --trace FILE`` notes what one audit of this machine touches;
``python floor.py FILE`` then only reads and runs exactly that, understanding nothing.
"""

import json
import os
import subprocess
import sys


def touch(path: str) -> None:
    """Read one file whole."""
    with open(path, "rb") as file:  # noqa: PTH123 - the floor imports no more than it must
        file.read()


def main(trace: str) -> None:
    """Do what the trace says, ignoring what has gone since."""
    with open(trace, encoding="utf-8") as file:  # noqa: PTH123
        steps = json.load(file)
    for kind, what in steps:
        try:
            if kind == "read":
                touch(what)
            elif kind == "list":
                os.listdir(what)  # noqa: PTH208
            elif kind == "stat":
                os.lstat(what)
            elif kind == "walk":
                for folder, names, files in os.walk(what):
                    for name in names + files:
                        os.lstat(os.path.join(folder, name))  # noqa: PTH118
            elif kind == "run":
                subprocess.run(what, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
        except OSError:
            continue


if __name__ == "__main__":
    main(sys.argv[1])
