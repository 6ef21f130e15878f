"""One row of an office's own list through a mapping: its sure values, and questions for the rest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping as Mapping_
from datetime import date
from typing import Any

from policies.equipment import Equipment
from server.pages.language import N_
from server.planning import cell, header_words, loose
from server.planning.answers import LEAVE_OUT, NOT_KNOWN, OTHER, SAME, Answers
from server.planning.cell import Unclear
from server.planning.columns import BY_NAME
from server.planning.delimited import Row
from server.planning.grid import Sheet
from server.planning.loose import Ask, Several
from server.planning.mapping import Mapping
from server.planning.question import Question
from server.planning.row_problem import Problems, short

UNKNOWN_KIND = "unknown"
_FORMULA = re.compile(r"=|@|\+(?![0-9 ().-]*\Z)")
_LINK = re.compile(r'=\s*HYPERLINK\s*\(\s*"[^"]*"\s*[,;]\s*"([^"]*)"\s*\)\s*\Z', re.I)
_ERROR = re.compile(r"#(?:REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!)\Z", re.I)
_DATES = ("must_by", "extend_until", "certified_until", "end_of_life", "end_of_sale", "extended_until")
_AMOUNTS = ("unit_cost", "upgrade_cost", "extend_cost", "unit_upgrade_cost", "unit_extend_cost")


class Left(Exception):
    """A row that is left out."""


class RowReader:
    """Reads rows by one mapping; what it learns besides the values is collected for the preview."""

    def __init__(self, mapping: Mapping, places: dict[str, tuple[int, ...]], headers: list[str], sheet: Sheet,
                 equipment: Equipment, answers: Answers, today: date, problems: Problems) -> None:
        self.mapping = mapping
        self.places = places
        self.headers = headers
        self.sheet = sheet
        self.equipment = equipment
        self.answers = answers
        self.today = today
        self.problems = problems
        self.questions: list[Question] = []
        self.blanks: Counter[str] = Counter()
        self.kinds_as_written: Counter[str] = Counter()
        self.lineages: Counter[str] = Counter()
        self.serial_dates: Counter[str] = Counter()
        self.first_days: Counter[str] = Counter()
        self._kinds = {key.casefold(): value for key, value in mapping.kinds.items()}
        self._of_all = self._constants(mapping.constants, "constants")
        self._of_kind = {cell.kind(kind): self._constants(given, f"by_kind.{kind}")
                         for kind, given in mapping.by_kind.items()}
        self._made: dict[str, Any] = {}
        self._models: dict[tuple[str, str, str], str | Ask] = {}

    def values(self, row: Row) -> tuple[dict[str, Any], set[str]]:
        """The sure values of a row, and the fields that stay open. Raises ``Left``."""
        values: dict[str, Any] = {}
        open_: set[str] = set()
        for field in sorted(self.places, key=lambda one: one != "kind"):
            if field == "asset":
                continue
            written = self._written(row, field)
            try:
                value = self._one(row, field, written, values)
            except Unclear as unclear:
                self._ask(row, field, written, unclear)
                open_.add("models" if field == "model" and isinstance(unclear, Several) else field)
                continue
            if value is not None and value != "":
                values[field] = value
        self._defaults(values, open_)
        self._needed(row, values, open_)
        return values, open_

    def column(self, field: str) -> str:
        """The file's name of the first column of a field."""
        places = self.places.get(field, ())
        if field == "asset" and len(places) != 1:
            return field
        return (self.headers[places[0]] or field) if places and places[0] < len(self.headers) else field

    def ask(self, row: Row, field: str, written: str, asks: str, proposals: tuple[str, ...] = (), *,
            holds_back: bool = False, **values: object) -> None:
        self.questions.append(Question(row.line, self.column(field), field, short(written, 200), asks,
                                       {key: short(one) for key, one in values.items()},
                                       tuple(short(one, 200) for one in proposals), holds_back))

    def identity(self, row: Row) -> str:
        """What the row is called: the texts of the asset's columns."""
        given = self.answers.get(row.line, (self.column("asset"), "asset"), "")
        if given is not None and given.value not in (NOT_KNOWN, SAME, OTHER):
            if given.value == LEAVE_OUT:
                raise Left
            return short(given.value, 200)
        parts = []
        for at in self.places.get("asset", ()):
            text = " ".join((row.cells[at] if at < len(row.cells) else "").split())
            if text and not loose.blank(text, self.mapping) and not _FORMULA.match(text) and not _ERROR.match(text) \
                    and text not in parts:
                parts.append("".join(char for char in text if char.isprintable()))
        return short(" ".join(parts), 200)

    def _written(self, row: Row, field: str) -> str:
        texts = []
        for at in self.places[field]:
            text = row.cells[at] if at < len(row.cells) else ""
            if loose.blank(text, self.mapping):
                if text:
                    self.blanks[self.column(field)] += 1
            elif text not in texts:
                texts.append(text)
        return " ".join(texts)

    def _one(self, row: Row, field: str, written: str, values: dict[str, Any]) -> Any:
        answer = self.answers.get(row.line, (self.column(field), field), written)
        if answer is not None and not (field == "serial" and answer.value in (SAME, OTHER)):
            return self._answered(field, answer.value, answer.line)
        for at in self.places[field]:
            odd = self.sheet.odd.get((row.line, at))
            if odd == "formula" or (at < len(row.cells) and _FORMULA.match(row.cells[at])):
                shown = _LINK.match(row.cells[at]) if at < len(row.cells) else None
                raise Ask(N_("%(value)s is a formula, and is not run. What does it show?"), N_("write what it shows"),
                          (shown[1],) if shown and shown[1] else (), value=written)
            if odd == "error" or (at < len(row.cells) and _ERROR.match(row.cells[at])):
                raise Ask(N_("The spreadsheet shows an error here, %(value)s. What should it say?"),
                          N_("write what it should say"), value=written)
        if not written:
            return None
        if len(written) > 4_000 and field != "serial":
            raise Ask(N_("The cell is longer than %(most)s characters. What does it say in short?"),
                      N_("shorten it"), most=4_000)
        return self._read(field, written, values)

    def _answered(self, field: str, value: str, line: int) -> Any:
        """An answer is read as the published columns are. A bad one is a problem of the answers, not a question."""
        if value == LEAVE_OUT:
            raise Left
        if value == NOT_KNOWN:
            return "" if field != "kind" else UNKNOWN_KIND
        try:
            if field == "model" and "=" in value:
                return loose.split(value)
            return BY_NAME[field].read(value, self.today)
        except Unclear as unclear:
            self.problems.add(line, field, unclear.what, unclear.remedy, **unclear.values)
            return None

    def _read(self, field: str, written: str, values: dict[str, Any]) -> Any:
        if field == "kind":
            return self._kind(written)
        if field == "make":
            return self._make(written, values)
        if field == "model":
            return self._model(written, values)
        if field == "quantity":
            return loose.quantity(written)
        if field == "purchased":
            return self._purchased(written)
        if field in _DATES:
            return loose.day(written, self.mapping, self.sheet.epoch)
        if field in _AMOUNTS:
            return loose.amount(written)
        if field == "lead_months":
            return loose.months(written, self.mapping)
        try:
            return BY_NAME[field].read(written, self.today)
        except Unclear as unclear:
            raise Ask(N_("%(value)s cannot be taken as it is. What should it say?"), unclear.remedy,
                      value=written) from unclear

    def _kind(self, written: str) -> str:
        found = self._kinds.get(written.casefold()) or header_words.kind(written)
        if found:
            return cell.kind(found)
        slug = header_words.plain(written).replace(" ", "-")
        if not slug or len(slug) > 40:
            raise Ask(N_("%(value)s is no kind of equipment. What kind is it?"),
                      N_("write the kind as one word, such as ballot-printer"), value=written)
        self.kinds_as_written[slug] += 1
        return slug

    def _make(self, written: str, values: dict[str, Any]) -> str:
        if written not in self._made:
            self._made[written] = self.equipment.made(written)
        made = self._made[written]
        if made is None or (made.vendor and not made.lineage):
            return cell.text(written)
        if made.vendor is None:
            raise Ask(N_("%(value)s was divided among several makers. Who has it now?"),
                      N_("write the maker's name of today"), tuple(one.name for one in made.choices), value=written)
        values["lineage"] = cell.text(written)
        self.lineages[f"{short(written, 40)} → {made.vendor.name}"] += 1
        name: str = made.vendor.name
        return name

    def _model(self, written: str, values: dict[str, Any]) -> str:
        key = (written, values.get("make", ""), values.get("kind", ""))
        if key not in self._models:
            try:
                self._models[key] = loose.model(*key, self.equipment)
            except Ask as ask:
                self._models[key] = ask
        found = self._models[key]
        if isinstance(found, Ask):
            raise found
        return found

    def _purchased(self, written: str) -> date:
        made = loose.purchased(written, self.mapping, self.today, self.sheet.epoch)
        if written.replace(".", "").isdigit() and len(written.partition(".")[0]) == 5:
            self.serial_dates[f"{written} → {made}"] += 1
        elif self.mapping.dates == "earliest" and f"{made:%Y-%m-%d}" not in written and made.day == 1:
            self.first_days[f"{short(written, 20)} → {made}"] += 1
        return made

    def _constants(self, given: Mapping_[str, str], where: str) -> dict[str, Any]:
        """The values that a mapping gives for all rows. A bad one is a problem of the mapping."""
        values = {}
        for field, text in given.items():
            try:
                values[field] = BY_NAME[field].read(text, self.today)
            except Unclear as unclear:
                self.problems.add(0, f"{where}.{field}", unclear.what, unclear.remedy, **unclear.values)
        return values

    def _defaults(self, values: dict[str, Any], open_: set[str]) -> None:
        """A kind's own values stand before those for every row."""
        for given in (self._of_kind.get(values.get("kind", self._of_all.get("kind", "")), {}), self._of_all):
            for field, value in given.items():
                if field not in values and field not in open_ and field != "asset":
                    values[field] = value

    def _needed(self, row: Row, values: dict[str, Any], open_: set[str]) -> None:
        """What must be asked where a cell is empty: the kind, the model of known makers, and a quantity."""
        if "kind" not in values:
            model = self.equipment.model(values.get("make", ""), values["model"]) if isinstance(
                values.get("model"), str) else None
            if model is not None:
                values["kind"] = model.kind
                self.kinds_as_written[f"{model.name} → {model.kind}"] += 1
            else:
                if "kind" not in open_ and "kind" in self.places:
                    self.ask(row, "kind", "", N_("What kind of equipment is it?"))
                open_.add("kind")
                values["kind"] = UNKNOWN_KIND
        asked = self._answered_blank
        if "model" in self.places and "model" not in values and not open_ & {"model", "models"} \
                and not asked(row, "model"):
            self.ask(row, "model", "", N_("The model is missing. Which is it?"), self._models_of(values))
            open_.add("model")
        if "quantity" in self.places and "quantity" not in values and "quantity" not in open_:
            if not asked(row, "quantity"):
                self.ask(row, "quantity", "", N_("How many are there?"))
            open_.add("quantity")

    def _answered_blank(self, row: Row, field: str) -> bool:
        given = self.answers.get(row.line, (self.column(field), field), "")
        return given is not None and given.value == NOT_KNOWN

    def _models_of(self, values: dict[str, Any]) -> tuple[str, ...]:
        made = self.equipment.made(values["make"]) if values.get("make") else None
        if made is None or made.vendor is None:
            return ()
        return tuple(one.name for one in self.equipment.content.models
                     if one.vendor == made.vendor.id and one.kind == values["kind"])[:5]

    def _ask(self, row: Row, field: str, written: str, unclear: Unclear) -> None:
        proposals = unclear.proposals if isinstance(unclear, Ask) else ()
        self.questions.append(Question(
            row.line, self.column(field), field, short(written, 200), unclear.what,
            {key: short(value) for key, value in unclear.values.items()},
            tuple(short(one, 200) for one in proposals)))
