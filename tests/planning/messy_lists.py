"""Lists of equipment as counties, states and IT consoles publish them, with their mess. Seeded: the same every time."""

from __future__ import annotations

import csv
import io
import random

COUNTY = ("FIPS code", "State", "Jurisdiction", "Equipment Type", "Make", "Model", "Firmware/Software Version", "VVPAT",
          "Accessible Use", "Early Voting Use", "First Fielded", "Quantity", "Notes", "Clerk")
IT = ("Asset Tag", "Device name", "Category", "Manufacturer", "Model", "OS", "OS version", "OS edition",
      "Serial number", "Purchase date", "Warranty expires", "Location", "Assigned to")
_STATES = ("Alabama", "Iowa", "Maine", "Ohio", "Oregon", "Québec", "Texas", "Vermont", "Wisconsin", "Wyoming")
_NAMES = ("Adams", "Autauga", "Baldwin", "Clark", "Doña Ana", "Franklin", "Greene", "Henry", "Jackson", "LaSalle",
          "Lee", "Madison", "Montgomery", "Orange", "Polk", "Saint-Louis", "Trois-Rivières", "Union",
          "Washington", "Wayne")
_EQUIPMENT = (
    ("Ballot Marking Device", "Election Systems & Software", ("AutoMARK", "ExpressVote", "ExpressVote XL")),
    ("Ballot Marking Device", "Dominion Voting Systems", ("ImageCast X",)),
    ("Hand-Fed Optical Scanner", "ES&S", ("DS200", "DS300", "Model 100")),
    ("Hand-Fed Optical Scanner", "Premier/Diebold (Dominion)", ("AccuVote OS", "AccuVote OSX")),
    ("Hand-Fed Optical Scanner", "Sequoia (Dominion)", ("Optech Insight",)),
    ("Batch-Fed Optical Scanner", "Hart InterCivic", ("Verity Central",)),
    ("Batch-Fed Optical Scanner", "Election Systems & Software", ("DS450", "DS850", "DS450, DS850 and DS950")),
    ("DRE-Touchscreen", "Diebold", ("AccuVote TSX", "AccuVote TS")),
    ("Electronic Poll Book", "KNOWiNK", ("Poll Pad", "PollPad")),
    ("Electronic Poll Book", "Tenex", ("Precinct Central",)),
    ("Remote Ballot Marking", "Democracy Live", ("OmniBallot",)),
    ("Hand Counted Paper Ballots", "Not Applicable", ("",)),
    ("Hybrid Optical Scan/BMD", "Unisyn", ("OpenElect OVO", "", "OVO / OVCS")),
)
_QUANTITIES = ("12", "3", "1", "40", "twelve", "a dozen", "deux douzaines", "~40", "10-12", "", "n/a", "7 units",
               "1,200")
_DATES = ("2006", "2016", "Fall 2016", "printemps 2017", "FY18", "2014-2016", "03/14/2016", "2019-06-01", "unknown", "",
          "TBD", "2026-02-30", "September 2018", "42614")


def county_rows(jurisdictions: int, seed: int = 7) -> list[tuple[str, ...]]:
    """Some four rows for each jurisdiction, with the column names and a title above and totals below."""
    chance = random.Random(seed)
    rows: list[tuple[str, ...]] = [("Voting equipment by jurisdiction (draft)",), (), COUNTY]
    for number in range(jurisdictions):
        state, name = chance.choice(_STATES), f"{chance.choice(_NAMES)} County {number // len(_NAMES)}"
        for kind, make, models in chance.sample(_EQUIPMENT, 4):
            quantity, fielded = chance.choice(_QUANTITIES), chance.choice(_DATES)
            row = (f"{number:05d}00000", state, name, kind, make, chance.choice(models),
                   chance.choice(("", "5.5", "n/a")), chance.choice(("Yes", "No", "")), "Yes", "No", fielded, quantity,
                   chance.choice(("", "see contract", '=HYPERLINK("http://x.example","letter")')), "Pat Doe")
            rows.append(row)
            if chance.random() < 0.01:
                rows.append(row)
    rows.append(("Total", "", "", "", "", "", "", "", "", "", "", str(jurisdictions), "", ""))
    return rows


def it_rows(machines: int, seed: int = 7) -> list[tuple[str, ...]]:
    """One row for each machine, with serial numbers, some of them twice."""
    chance = random.Random(seed)
    rows: list[tuple[str, ...]] = [IT]
    for number in range(machines):
        serial = f"SN{number if chance.random() > 0.01 else max(0, number - 1):06d}"
        name = chance.choice(("Latitude 5420", "OptiPlex 7050", "EliteBook 840 G5", ""))
        rows.append((f"T{number:06d}", f"PC-{number}", "Laptop" if "L" in name else "Desktop",
                     "HP" if "Elite" in name else "Dell Inc.", name, "Microsoft Windows",
                     chance.choice(("10.0.19045.5011", "10.0.26100.2314", "10.0.22631.3007", "6.1.7601")),
                     chance.choice(("Pro", "Enterprise", "")), serial,
                     chance.choice(("2019-03-01", "2022-11-15", "Fall 2016", "")), "n/a",
                     chance.choice(("City hall", "Annex")), "jane.doe@county.example"))
    return rows


def as_csv(rows: list[tuple[str, ...]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def as_xlsx(rows: list[tuple[str, ...]], name: str = "Equipment") -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet(name)
    for line, row in enumerate(rows):
        for at, text in enumerate(row):
            if text.isdigit() and len(text) < 6:
                sheet.write_number(line, at, int(text))
            else:
                sheet.write_string(line, at, text)
    book.close()
    return out.getvalue()
