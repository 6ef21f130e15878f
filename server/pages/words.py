"""What codes are called on the pages. Each text is translated where it is shown."""

from __future__ import annotations

from hustings.verdicts import Severity, Verdict
from server.pages.language import N_
from server.plan import Status
from server.questions import Answer

GRADES = {
    "A": N_("Strong"), "B": N_("Good"), "C": N_("Needs work"), "D": N_("Weak"), "F": N_("Failing"),
    None: N_("Not enough evidence"),
}
VERDICTS = {
    Verdict.PASS: N_("Pass"), Verdict.FAIL: N_("Fail"), Verdict.UNKNOWN: N_("Unknown"),
    Verdict.NOT_APPLICABLE: N_("Not applicable"),
}
SEVERITY = {
    Severity.CRITICAL: N_("Critical"), Severity.HIGH: N_("High"), Severity.MEDIUM: N_("Medium"),
    Severity.LOW: N_("Low"),
}
QUESTIONS = {
    "current": N_("Is it up to date?"), "entry": N_("Who can get in?"), "recovery": N_("Can we recover?"),
    "continuity": N_("Will voting go on if it fails?"), "results": N_("Can results be checked?"),
}
ANSWERS = {
    ("current", Answer.YES): N_("Yes"),
    ("current", Answer.IN_PART): N_("In part"),
    ("current", Answer.NO): N_("No"),
    ("entry", Answer.YES): N_("Only those who should"),
    ("entry", Answer.IN_PART): N_("Some doors stand open"),
    ("entry", Answer.NO): N_("Too many doors stand open"),
    ("recovery", Answer.YES): N_("Yes"),
    ("recovery", Answer.IN_PART): N_("In part"),
    ("recovery", Answer.NO): N_("No"),
    ("continuity", Answer.YES): N_("Yes"),
    ("continuity", Answer.IN_PART): N_("In part"),
    ("continuity", Answer.NO): N_("No"),
    ("results", Answer.YES): N_("Yes"),
    ("results", Answer.IN_PART): N_("In part"),
    ("results", Answer.NO): N_("No"),
}
ANY_ANSWER = {
    Answer.SO_FAR: N_("So far, so good"), Answer.UNPROVEN: N_("Not proven"), Answer.UNMEASURED: N_("Not measured yet"),
}
AREAS = {
    "PAT": N_("Patching and lifecycle"), "IAM": N_("Sign-in and identity"), "LPR": N_("Least privilege"),
    "BKP": N_("Encrypted backups"), "DEV": N_("Devices"), "EPB": N_("Pollbooks"), "DOM": N_("E-mail and web"),
    "LOG": N_("Logging and incidents"), "VTX": N_("Voting technology"), "ATT": N_("Contingency"),
    "other": N_("Other"),
}
CAPS = {
    "stop": N_("A control that must never fail does: the grade is F until it is repaired."),
    "critical_core_overdue": N_("A critical failure on a registration system is past its deadline: no better than D."),
    "critical_few": N_("A critical control fails on a few machines: no better than B."),
    "critical": N_("A critical control fails: no better than C."),
    "critical_core_unknown": N_("A critical control on a registration system is not proven: no better than C."),
    "critical_unknown": N_("A critical control is not proven: no better than C."),
    "critical_few_unknown": N_("A critical control is not proven on a few machines: no better than B."),
    "high_overdue": N_("A serious failure is past its deadline: no better than B."),
    "restore_unproven": N_("No restore of a backup has been proven: no better than C."),
    "coverage": N_("Less than four fifths of the evidence is in: no better than B."),
    "measured": N_("Less than four fifths of what machines can show is in: no better than B."),
}
REASONS = {
    "denied": N_("The agent was not allowed to look"),
    "timeout": N_("The machine did not answer in time"),
    "unsupported": N_("It cannot be read on this kind of machine"),
    "truncated": N_("Only part of it could be read"),
    "error": N_("It could not be read"),
    "stale": N_("What is known is too old"),
    "withheld": N_("The machine keeps it to itself"),
    "absent": N_("It was looked for and not found"),
    "doubtful": N_("What it rests on cannot be relied on"),
    "clock": N_("The machine's clock is wrong"),
    "left_out": N_("The report says nothing about it"),
    "role": N_("The machine was not judged for one of its roles"),
    "threshold": N_("It was judged with another threshold than the pack's"),
}
ADVICE = {
    "denied": N_("Let the agent see it: run it with the right it names, or as administrator."),
    "timeout": N_("See why the machine is slow, then let the agent look again."),
    "unsupported": N_("The agent cannot read this here. Check it by hand, and record what you find."),
    "truncated": N_("There is more than the agent may read. Ask your IT staff to shorten the list it reads."),
    "error": N_("Restart the agent and look again. If it stays so, show your IT staff the words in small print."),
    "stale": N_("Connect the machine to the network and restart the agent."),
    "withheld": N_("The machine keeps this to itself. Allow it to be shared, or check it on the machine."),
    "absent": N_("Tell the agent what the machine is for, or set up what is missing."),
    "doubtful": N_("Bring up to date what it rests on, then let the agent look again."),
    "clock": N_("Set the machine's clock right, and keep it right by the network."),
    "left_out": N_("Update the agent: this one is too old to know the check."),
    "role": N_("Add the role to the machine's own settings, then let the agent look again."),
    "threshold": N_("Take the changed threshold back, or let the facts it rests on be shared."),
}
ROLES = {
    "registration-db": N_("Registration database"), "registration-app": N_("Registration application"),
    "pollbook": N_("Pollbook"), "ems": N_("Election management system"),
    "office-workstation": N_("Office workstation"), "campaign-laptop": N_("Campaign laptop"),
    "directory": N_("Directory"), "domain": N_("Domain"), "backup-server": N_("Backup server"),
    "network": N_("Network equipment"), "organisation": N_("Organization"),
}
PARTIES = {"us": N_("Our office"), "vendor": N_("A vendor"), "state": N_("The state or province"),
           "county": N_("The county or municipality")}
ANSWERS_FOR = {"removed": N_("taken off the list"), "added": N_("added to the list"),
               "roles": N_("is asked for less"), "responsible": N_("someone else answers for it now"),
               "mirror": N_("is held against another register now, or none")}
"""What a new version of the declared list does to an asset."""
EXEMPTIONS = {"exception": N_("Accepted failure"), "not_applicable": N_("Declared not to apply")}
WEIGHTS_WHY = {
    Severity.CRITICAL: N_("A failure here can change who may vote, or stop voting."),
    Severity.HIGH: N_("A failure here opens a way in, or makes recovery doubtful."),
    Severity.MEDIUM: N_("A failure here makes other failures worse."),
    Severity.LOW: N_("A failure here is a matter of good order."),
}
BANDS = {
    "under-10k": N_("Fewer than 10,000 voters"), "10k-50k": N_("10,000 to 50,000 voters"),
    "50k-250k": N_("50,000 to 250,000 voters"), "over-250k": N_("More than 250,000 voters"),
}
PROBLEMS = {
    "bad_request": N_("The request cannot be read"), "sign_in": N_("Sign in first"),
    "forbidden": N_("You may not do that"), "not_found": N_("There is nothing here"),
    "method_not_allowed": N_("This address does not take that"), "too_large": N_("That is too large"),
    "too_slow": N_("That took too long"), "too_many": N_("Too many attempts. Wait a little."),
    "second_factor": N_("Prove that it is you first"), "other_site": N_("That was asked for by another site's page"),
    "wrong_host": N_("This server does not answer to that name"), "failed": N_("The server failed; its log says why"),
    "busy": N_("The server is busy; try again"), "gone": N_("What this said is no longer kept"),
}
STATUS = {
    Status.OUT_OF_SUPPORT: N_("Out of support"), Status.WITHIN_12_MONTHS: N_("Ends within 12 months"),
    Status.WITHIN_24_MONTHS: N_("Ends within 24 months"),
}
HOLDING = {"declared": N_("Declared and held"), "excess": N_("Held, not declared"),
           "missing": N_("Declared, not held"), "idle": N_("Declared for a role that nobody has")}
SENSITIVITY = {"restricted": N_("Voter data"), "evidence": N_("Evidence"), "internal": N_("Internal"),
               "public": N_("Public")}
KINDS = {"table": N_("table"), "view": N_("view"), "sequence": N_("sequence"), "routine": N_("routine"),
         "schema": N_("schema"), "database": N_("database")}
LETTERS = {"r": N_("read"), "i": N_("add"), "u": N_("change"), "d": N_("delete"), "t": N_("empty"), "x": N_("run"),
           "f": N_("refer to"), "g": N_("attach triggers"), "m": N_("maintain"), "U": N_("use"), "C": N_("create"),
           "+": N_("another right")}
REVIEW = {
    "signed": N_("Signed"), "expired": N_("The signature is too old"), "changed": N_("Changed since it was signed"),
    "never": N_("Never signed"), "unknown": N_("Not known"),
}
PLACES = {"directory": N_("Directory"), "database": N_("Database"), "machine": N_("Machine")}
UNSAID = {
    "denied": N_("the agent was not let in"), "timeout": N_("it did not answer in time"),
    "stale": N_("the machine has been silent too long"), "truncated": N_("the list was cut short"),
    "withheld": N_("the names stay on the machine"), "unsupported": N_("it cannot be read there"),
    "error": N_("it could not be read"),
}
DIRECTORIES = {"entra": "Microsoft Entra ID", "google": "Google Workspace", "active-directory": "Active Directory",
               "ldap": "LDAP"}
EFFORT = {"S": N_("minutes"), "M": N_("hours"), "L": N_("days")}
REFERENCES = {"cis": "CIS Controls 8.1", "csf": "NIST CSF 2.0", "cpg": "CISA CPG 2.0", "paris": N_("Founding texts")}


def answer(question: str, given: Answer) -> str:
    """The words of an answer to one of the five questions."""
    return ANY_ANSWER.get(given) or ANSWERS[question, given]
