"""What package managers keep and print. Debian's files are from a Debian 12 machine of 22 November 2026,
shortened to some packages and fields; dnf 4.14 and rpm 4.18 answered for a small archive made for them, and rpm
wrote the database. zypper's list and the advisories have the form of openSUSE Leap 16.0's and of createrepo's."""

from pathlib import Path


def captured(name: str) -> str:
    return path(name).read_text()


def path(name: str) -> Path:
    return Path(__file__).parent / name
