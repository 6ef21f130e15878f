"""Settings in sections, as borg, pgBackRest and rclone keep them."""

from __future__ import annotations

from collectors.host.protocol import Unreadable


def parse(text: str, name: str) -> dict[str, dict[str, str]]:
    """The settings of each section; of two with one name the later holds. Raises ``Unreadable`` without contents."""
    from configparser import ConfigParser, Error

    parser = ConfigParser(interpolation=None, strict=False, delimiters=("=",), default_section="")
    try:
        parser.read_string(text)
    except Error as error:
        raise Unreadable(f"{name} is not made of sections and settings: {type(error).__name__}") from error
    return {section: dict(parser.items(section)) for section in parser.sections()}
