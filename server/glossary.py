"""The words of the pages in both languages, and what each means. The French awaits a translator's review."""

from __future__ import annotations

from dataclasses import dataclass

from server.pages.language import N_

REVIEWED = False
"""Whether a Canadian translator has reviewed the French."""


@dataclass(frozen=True, slots=True)
class Word:
    """One term. ``meaning`` is translated where it is shown; ``note`` warns of a trap, or is empty."""

    code: str
    en: str
    fr: str
    meaning: str
    note: str = ""

    def say(self, language: str) -> str:
        return self.fr if language == "fr" else self.en


WORDS = (
    Word("scorecard", "scorecard", "fiche de cyberhygiène",
         N_("One page that says how well the machines of an office are cared for, and what to do next.")),
    Word("grade", "grade", "cote",
         N_("A letter from A to F. It comes from the lower end of the points, and some failures hold it down.")),
    Word("points", "points", "points", N_("How much of the weight of all controls passes, out of 100.")),
    Word("control", "control", "exigence",
         N_("One thing that should be true, such as: the system still gets fixes. Controls are what is graded.")),
    Word("check", "check", "contrôle",
         N_("One question that the agent or the server asks, to see if a control is met.")),
    Word("pass", "pass", "réussi", N_("The check was made, and what was found is in order.")),
    Word("fail", "fail", "échec", N_("The check was made, and what was found is not in order.")),
    Word("unknown", "unknown", "inconnu",
         N_("Nobody could tell. It counts as a failure in the lower end of the points.")),
    Word("not-applicable", "not applicable", "sans objet",
         N_("The check has nothing to judge there. It is left out of the grade.")),
    Word("coverage", "evidence", "preuves",
         N_("The part of the weight that is known, either as a pass or as a failure.")),
    Word("cap", "cap", "plafond", N_("A rule that holds the grade down, no matter how many points there are.")),
    Word("exception", "accepted failure", "échec accepté",
         N_("A failure that two people accept until a set day. It still counts as a failure in the grade.")),
    Word("finding", "finding", "constatation",
         N_("A failure, with the day it was first seen and the day by which it must be gone.")),
    Word("overdue", "past its deadline", "en retard", N_("The day by which it had to be repaired has gone by.")),
    Word("attestation", "attestation", "attestation",
         N_("A person's word, with their name and a date, where no machine can tell.")),
    Word("agent", "agent", "agent",
         N_("The small program that looks at a machine and signs what it saw. It changes nothing.")),
    Word("report", "report", "rapport",
         N_("What an agent says of its machine at one time, signed with the machine's own key.")),
    Word("inventory", "inventory", "inventaire", N_("The list of machines that an office says it has.")),
    Word("register", "registration database", "base de données d’inscription",
         N_("Where the names of voters are kept.")),
    Word("voter-list", "voter list", "liste électorale",
         N_("The names of those who may vote, as printed or sent out.")),
    Word("pollbook", "electronic pollbook", "cahier de scrutin électronique",
         N_("The device on which voters are checked in."),
         N_("Ask your office which term it uses.")),
    Word("paper-pollbook", "paper pollbook", "cahier de scrutin papier",
         N_("The same list on paper, for the day the device fails.")),
    Word("tabulator", "tabulator", "tabulatrice", N_("The machine that counts marked ballots.")),
    Word("provisional", "provisional ballot", "bulletin de vote provisoire",
         N_("A ballot that is kept apart until the voter's right to vote is clear."),
         N_("A term of the United States. Canada uses oaths and certificates.")),
    Word("officer", "deputy returning officer", "scrutateur",
         N_("The officer in charge of one polling place."),
         N_("A trap: an English scrutineer speaks for a candidate; the French scrutateur is the officer.")),
    Word("audit", "risk-limiting audit", "audit de limitation du risque",
         N_("A count of some paper ballots by hand that limits the risk of naming the wrong winner."),
         N_("There is no settled French term.")),
    Word("restore", "restore test", "essai de restauration", N_("Proof that a backup can be read back and used.")),
    Word("backup", "backup", "copie de sauvegarde", N_("A copy of data that is kept apart, to go back to.")),
    Word("mirror", "remote mirror", "site miroir distant", N_("A second live copy in another place.")),
    Word("mfa", "multi-factor authentication", "authentification multifacteur",
         N_("To sign in takes more than a password.")),
    Word("least-privilege", "least privilege", "droit d’accès minimal",
         N_("Each person may do what their work needs, and no more.")),
    Word("patch", "patch", "correctif", N_("A fix from the maker of a program.")),
    Word("end-of-support", "end of support", "fin de prise en charge",
         N_("The day after which the maker sends no more fixes.")),
    Word("plan", "replacement plan", "plan de remplacement",
         N_("Which machines to replace, when, and at what price.")),
    Word("freeze", "freeze window", "période de gel", N_("The days around a vote in which nothing may be changed.")),
    Word("plan-b", "plan B", "plan B", N_("What the office does when something fails on the day.")),
)
"""In the order in which a reader meets them."""
