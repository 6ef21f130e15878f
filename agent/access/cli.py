"""The group ``hustings access``: each command is a module of its own, imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "init": ("init", "Write a first access model from what a live database grants today."),
    "lint": ("lint", "Check an access model: file, line and how to mend it."),
    "grant-script": ("grant_script", "Print the least rights that the auditing role needs."),
    "diff": ("diff", "Who holds what: declared against effective rights."),
    "usage": ("usage", "Read statement logs: which rights are used, by whom, since when."),
    "tighten": ("tighten", "Write the change script for excess or unused rights, with its undo."),
    "rehearse": ("rehearse", "Prove a change script against every statement seen in the logs."),
    "review": ("review", "The reviewed difference with its hash, for the signed quarterly review."),
}
"""Command, its module in this package, and its one line of help."""


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = COMMANDS[cmd_name][0]
        command = getattr(import_module(f"agent.access.{module}"), module)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=_Lazy)
def access() -> None:
    """Least privilege on registration databases.

    Who should hold which right, who does, who never uses what they hold, and a change script that is
    proven not to break the day's work. Every session is read-only, except `rehearse` as it says itself.
    """
