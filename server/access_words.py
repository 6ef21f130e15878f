"""The sentences that count something: singular and plural of each, in English. The French is in the catalogue."""

from __future__ import annotations

from enum import StrEnum


def ngettext(one: str, many: str) -> tuple[str, str]:
    """Marks a text that counts; it is translated where it is said."""
    return one, many


class When(StrEnum):
    """What is known of when people left."""

    MONTH = "month"
    """All in one month."""
    SINCE = "since"
    """In several; the first is named."""
    UNKNOWN = "unknown"


LEFT = {
    (When.MONTH, True): ngettext("%(count)s person who left in %(month)s can still change voter records.",
                                 "%(count)s people who left in %(month)s can still change voter records."),
    (When.SINCE, True): ngettext("%(count)s person who left since %(month)s can still change voter records.",
                                 "%(count)s people who left since %(month)s can still change voter records."),
    (When.UNKNOWN, True): ngettext("%(count)s person who left can still change voter records.",
                                   "%(count)s people who left can still change voter records."),
    (When.MONTH, False): ngettext("%(count)s person who left in %(month)s can still sign in to the voter database.",
                                  "%(count)s people who left in %(month)s can still sign in to the voter database."),
    (When.SINCE, False): ngettext("%(count)s person who left since %(month)s can still sign in to the voter database.",
                                  "%(count)s people who left since %(month)s can still sign in to the voter database."),
    (When.UNKNOWN, False): ngettext("%(count)s person who left can still sign in to the voter database.",
                                    "%(count)s people who left can still sign in to the voter database."),
}
"""By when they left and whether they can change voter data."""

ACCOUNTS = {
    "LPR-02": ngettext("%(count)s account can do anything in the database, whatever was declared.",
                       "%(count)s accounts can do anything in the database, whatever was declared."),
    "LPR-05": ngettext("%(count)s account can change or delete voter records in bulk, and nobody declared it.",
                       "%(count)s accounts can change or delete voter records in bulk, and nobody declared it."),
    "LPR-06": ngettext("%(count)s account can read guarded data, like identity numbers, and nobody declared it.",
                       "%(count)s accounts can read guarded data, like identity numbers, and nobody declared it."),
    "LPR-17": ngettext("%(count)s vendor account stands open outside an approved window.",
                       "%(count)s vendor accounts stand open outside an approved window."),
    "IAM-12": ngettext("%(count)s account of somebody who left still works.",
                       "%(count)s accounts of people who left still work."),
}
"""Rows of the catalogue whose sentence counts accounts."""
UNUSED = ngettext("%(count)s account was not used in %(days)s days of logs.",
                  "%(count)s accounts were not used in %(days)s days of logs.")
FAULTS = ngettext("%(count)s fault was found under %(row)s.", "%(count)s faults were found under %(row)s.")
FAULTS_AT_HOME = ngettext("%(count)s fault was found in who may do what; the names stay on the machine.",
                          "%(count)s faults were found in who may do what; the names stay on the machine.")
EXCESS = ngettext("%(count)s right is held that nobody declared.", "%(count)s rights are held that nobody declared.")
MISSING = ngettext("%(count)s declared right is not held: work that needs it will be refused.",
                   "%(count)s declared rights are not held: work that needs them will be refused.")
UNJUDGED = ngettext("%(count)s control could not be judged; unproven is no pass.",
                    "%(count)s controls could not be judged; unproven is no pass.")
