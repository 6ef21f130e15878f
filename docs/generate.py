"""Write everything that is generated from code, or (``--check``) say what is not current.

Facts come from the collectors and derivations, checks from the library, the command line from
``--help``, the schemas of the report and of the access model from their types, the API from its routes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hustings.facts import Fact

ROOT = Path(__file__).resolve().parent.parent


def facts_json() -> str:
    """Every declared fact, for the rooms that never look."""
    import msgspec

    from collectors.discovery import discover
    from policies.derive.base import discover as derivations

    facts = [fact for one in discover() for fact in one.facts] + [fact for one in derivations() for fact in one.facts]
    lines = ",\n".join(msgspec.json.encode(fact).decode() for fact in sorted(facts, key=lambda fact: fact.id))
    return f"[\n{lines}\n]\n"


def facts_page() -> str:
    """``docs/facts.md``: what is collected, by collector, and what may leave the machine."""
    from collectors.discovery import discover
    from policies.derive.base import discover as derivations

    lines = [
        "# Facts", "",
        "Generated from the collectors and derivations by `make docs`; do not edit.", "",
        "*Disclosure* says what may leave the machine: **shared** the value; **pseudonym** its records, with "
        "pseudonyms for names unless the office shares them, and without the office's key only their number; "
        "**counted** only counts or truth values derived from it; **local** nothing. A fact that could not be learnt "
        "carries a reason instead of a value (denied, timeout, unsupported, truncated, error), and its checks answer "
        "unknown.", "",
    ]
    for collector in discover():
        module = sys.modules[f"collectors.{collector.name}"]
        about = (module.__doc__ or "").strip().splitlines()[0]
        platforms = ", ".join(sorted(collector.platforms))
        lines += [f"## {collector.name}", "", about, "", f"Platforms: {platforms}."]
        if collector.each:
            lines[-1] += f" Looked at once for each declared {collector.each.replace('_', ' ')}."
        if collector.every:
            lines[-1] += f" Looked at every {collector.every.total_seconds() / 3600:g} hours."
        if collector.needs:
            lines[-1] += f" Needs: {collector.needs.rstrip('.')}."
        if collector.reads:
            lines += ["", "Reads: " + ", ".join(f"`{path}`" for path in collector.reads) + "."]
        if collector.runs:
            lines += ["", "Runs: " + ", ".join(f"`{program}`" for program in collector.runs) + "."]
        lines += ["", *_fact_rows(collector.facts), ""]
    lines += ["## Derived facts", "", "Joined from other facts, declarations and the pack's tables.", ""]
    lines += _fact_rows([fact for one in derivations() for fact in one.facts])
    return "\n".join(lines).rstrip() + "\n"


def _fact_rows(facts: Iterable[Fact]) -> list[str]:
    rows = ["| Fact | Type | Disclosure | Meaning |", "|---|---|---|---|"]
    for fact in facts:
        meaning = fact.meaning.rstrip(".")
        if fact.unit:
            meaning += f" ({fact.unit})"
        if fact.fields:
            meaning += ". Fields: " + "; ".join(f"`{one.name}` ({one.type}) {one.meaning}" for one in fact.fields)
        if fact.platforms:
            meaning += ". " + fact.platforms
        meaning = meaning.replace("|", "\\|").replace("\n", " ")
        rows.append(f"| `{fact.id}` | {fact.type} | {fact.disclosure} | {meaning} |")
    return rows


def checks_page() -> str:
    """``docs/checks.md``: every check of the shipped library."""
    from policies.explain import condition_text, value_text
    from policies.pack import shipped

    pack = shipped()
    lines = ["# Checks", "", "Generated from the policy library by `make docs`; do not edit.", "",
             f"{len(pack.checks)} checks over {len({one.catalogue for one in pack.checks})} rows of the catalogue."]
    area = ""
    for one in pack.checks:
        if one.area != area:
            area = one.area
            lines += ["", f"## {area}"]
        values = {name: parameter.default for name, parameter in one.parameters.items()}
        lines += ["", f"### {one.id}", "", f"**{one.title.en}** ({one.catalogue}, {one.severity}"
                  + (", office" if one.scope == "office" else "") + ")", "", one.plain.en + " " + one.why.en, "",
                  f"- Passes when: {condition_text(one.require, values)}"]
        if one.applies:
            lines.append(f"- Applies if: {condition_text(one.applies, values)}")
        if one.unknown_when:
            lines.append(f"- Unknown if: {condition_text(one.unknown_when, values)}")
        if one.roles:
            lines.append(f"- Roles: {', '.join(one.roles)}")
        for name, parameter in one.parameters.items():
            steps = "".join(f", {value_text(value)} from {days} days before a voting day"
                            for days, value in parameter.from_T.items())
            lines.append(f"- Parameter `{name}`: {value_text(parameter.default)}{steps}. {parameter.meaning.en}.")
        for fix in one.fix:
            command = f" `{fix.command}`" if fix.command and "\n" not in fix.command else ""
            lines.append(f"- Fix ({fix.platform}): {fix.text.en}{command}")
        references = [f"CIS {', '.join(one.references.cis)}" if one.references.cis else "",
                      f"CSF {', '.join(one.references.csf)}" if one.references.csf else "",
                      f"CPG {', '.join(one.references.cpg)}" if one.references.cpg else ""]
        if any(references):
            lines.append("- References: " + "; ".join(filter(None, references)))
    return "\n".join(lines) + "\n"


def command_line() -> str:
    """``docs/cli.md``: every command's own help."""
    import click

    from hustings.__main__ import hustings

    lines = ["# Command line", "", "Generated from the commands' own help by `make docs`; do not edit."]

    def describe(command: click.Command, path: str) -> None:
        context = click.Context(command, info_name=path, terminal_width=100, max_content_width=100)
        lines.extend(["", f"## {path}", "", "```text", command.get_help(context), "```"])
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                if inner is not None and not inner.hidden:
                    describe(inner, f"{path} {name}")

    describe(hustings, "hustings")
    return "\n".join(lines) + "\n"


def report_schema() -> str:
    """The report's JSON Schema."""
    import msgspec

    from hustings.report import Report

    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Report)), indent=2).decode() + "\n"


def access_model_schema() -> str:
    """The JSON Schema of an access model, for editors."""
    import json

    from hustings.access.file import schema

    return json.dumps(schema(), indent=2) + "\n"


def openapi() -> str:
    """``docs/openapi.json``: the API, made of its routes and types."""
    from server.api.openapi import published

    return published().decode("utf-8")


def findings_schema() -> str:
    """The JSON Schema of exported findings."""
    from server.exports import writing
    from server.exports.records import FINDINGS_SCHEMA, FindingsFile

    return writing.schema(FindingsFile, FINDINGS_SCHEMA).decode("utf-8")


def results_schema() -> str:
    """The JSON Schema of exported results."""
    from server.exports import writing
    from server.exports.records import RESULTS_SCHEMA, ResultsFile

    return writing.schema(ResultsFile, RESULTS_SCHEMA).decode("utf-8")


def generated() -> dict[str, Callable[[], str]]:
    """Path below the checkout, and what makes what should stand there, in order."""
    from coverage import coverage_page, ground_truth_page

    return {
        "hustings/facts.json": facts_json,
        "docs/facts.md": facts_page,
        "docs/checks.md": checks_page,
        "docs/cli.md": command_line,
        "docs/report.schema.json": report_schema,
        "docs/access-model.schema.json": access_model_schema,
        "docs/openapi.json": openapi,
        "docs/findings.schema.json": findings_schema,
        "docs/results.schema.json": results_schema,
        "docs/coverage.md": coverage_page,
        "docs/ground-truth.md": ground_truth_page,
    }


def main() -> int:
    stale = []
    for name, make in generated().items():
        path = ROOT / name
        text = make()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"not current: {', '.join(stale)}\n  fix: run `make docs` and commit the result", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
