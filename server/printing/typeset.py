"""From a template of this room and plain data to a tagged PDF (PDF/UA-1), with typst.

Nothing of the machine gets into it: no system font, no package from elsewhere, no file but the templates here.
The same data gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import as_file, files
from typing import Any

from server.printing.glyphs import deep, shown


def pdf(template: str, data: Mapping[str, Any], *, language: str, title: str, now: datetime,
        handling: str = "") -> bytes:
    """The PDF of ``template`` (a name in this folder, without its ending).

    ``data`` reaches the template as JSON: text in it is shown, never run as markup; what the fonts cannot show is
    an empty box. ``handling`` is a line on every page that says who may read it. ``now`` is the document's date.
    """
    import typst

    given = {"data": json.dumps(deep(dict(data)), ensure_ascii=False), "language": language, "title": shown(title),
             "handling": shown(handling), "made": now.isoformat()}
    with as_file(files("server").joinpath("printing")) as folder:
        made: bytes = typst.compile(folder / f"{template}.typ", root=folder, ignore_system_fonts=True, format="pdf",
                                    sys_inputs=given, pdf_standards=["ua-1"], timestamp=now.astimezone(UTC))
    return made
