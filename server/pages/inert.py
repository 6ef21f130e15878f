"""What a text may not do to a page: no character in it is obeyed.

Control characters, and those that turn the direction of what follows (Unicode's bidirectional overrides, embeddings and
isolates: a text could make the sentence around it read otherwise), are shown as a mark that something was there.
"""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup

MARK = "\ufffd"
"""Unicode's replacement character."""
_OBEYED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    """The text with a mark for each character that would be obeyed; line ends and tabs stay."""
    return _OBEYED.sub(MARK, text)


def finalize(value: Any) -> Any:
    """What a template writes: every text, the markup that was made of texts too."""
    if isinstance(value, str) and _OBEYED.search(value):
        return Markup(shown(value)) if isinstance(value, Markup) else shown(value)  # noqa: S704
    return value
