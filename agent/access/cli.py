"""The group ``hustings access``: each command is a module of its own, imported when it is asked for."""

from __future__ import annotations

import click

from hustings.lazy import LazyGroup

COMMANDS = {
    "init": ("agent.access.init:init", "Write a first access model from what a live database grants today."),
    "lint": ("agent.access.lint:lint", "Check an access model: file, line and how to mend it."),
    "grant-script": ("agent.access.grant_script:grant_script", "Print the least rights that the auditing role needs."),
    "diff": ("agent.access.diff:diff", "Who holds what: declared against effective rights."),
    "usage": ("agent.access.usage:usage", "Read statement logs: which rights are used, by whom, since when."),
    "tighten": ("agent.access.tighten:tighten", "Write the change script for excess or unused rights, with its undo."),
    "rehearse": ("agent.access.rehearse:rehearse", "Prove a change script against every statement seen in the logs."),
    "review": ("agent.access.review:review", "The reviewed difference with its hash, for the signed quarterly review."),
}
"""Command, where it is, and its one line of help."""


@click.group(cls=LazyGroup, places=COMMANDS)
def access() -> None:
    """Least privilege on registration databases.

    Who should hold which right, who does, who never uses what they hold, and a change script that is
    proven not to break the day's work. Every session is read-only, except `rehearse` as it says itself.
    """
