from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from server.pages.language import Language, language
from server.planning import document, headlines, kinds, plan_b, printed, sentences, wording
from server.planning.headlines import decision, short, warnings
from server.planning.kind_names import NAMED, counted, named
from server.planning.made import Made
from server.planning.model import Calendar, EndOfLife, Line, Option, Source, Unmatched
from server.planning.outlook import Kept, Outlook, outlooks
from tests.planning.made_plans import GENERAL, PRIMARY, SOURCE, TODAY, asset, infeasible, made

EN, FR = language("en"), language("fr")
SPACE = "\u00a0"


def line(name: str, plan: Made | None = None, *, bridge: bool = False) -> Outlook:
    return next(one for one in outlooks(plan or made()) if one.asset.id == name and one.bridge == bridge)


@pytest.mark.parametrize(("cents", "english", "french"), [
    (1_840_000, "$18,400", f"18{SPACE}400{SPACE}$"), (5, "$0.05", f"0,05{SPACE}$"), (0, "$0", f"0{SPACE}$"),
    (-123_456_789, "−$1,234,567.89", f"−1{SPACE}234{SPACE}567,89{SPACE}$"),
])
def test_amounts_are_written_as_each_language_does(cents: int, english: str, french: str) -> None:
    assert (wording.money(cents, EN), wording.money(cents, FR)) == (english, french)


def test_the_first_of_a_month_is_an_ordinal_in_french() -> None:
    assert wording.day(date(2027, 1, 1), FR) == "1er janvier 2027"
    assert wording.day(date(2027, 1, 11), FR) == "11 janvier 2027"
    assert wording.day(date(2027, 1, 1), EN) == "January 1, 2027"


def test_the_first_page_says_how_long_before_which_election_support_ends() -> None:
    said = headlines.headlines(made(), EN)
    assert ("12 PCs lose support 40 days before the primary. The plan covers that: order by December 15, 2026."
            in said)


def test_the_first_page_says_when_nothing_can_go_live_and_what_to_order_before() -> None:
    said = headlines.headlines(made(), EN)
    assert ("Nothing can go live from April 18, 2027 to June 1, 2027. To be live before, order by December 15, 2026: "
            "PCs.") in said


def test_the_first_page_counts_what_has_no_price_and_what_nobody_knows() -> None:
    said = " ".join(headlines.headlines(made(held_back=3), EN))
    assert "1 asset has no price" in said, "the one that is retired needs none"
    assert "Of 1 asset nobody knows when its support ends: it is not counted as fine." in said
    assert "3 rows of the inventory wait for an answer" in said


def test_what_is_short_is_said_in_words() -> None:
    assert tuple(short(infeasible(), EN)) == (
        "You are $18,400 short (General, 2027): pollbooks.", "More staff hours alone would not be enough.",
        "You are 3 months short: pollbooks.")
    assert headlines.headlines(infeasible(), EN)[:3] == (
        "1 thing that must be done by a date cannot be done by then. Any one of these alone would be enough:",
        "You are $18,400 short (General, 2027): pollbooks.", "You are 3 months short: pollbooks.")
    assert "ne peut pas l’être à temps" in headlines.headlines(infeasible(), FR)[0]


def test_the_decision_asked_is_money_by_year_and_the_orders_that_are_near() -> None:
    assert decision(made(), EN) == (
        "2026: $13,800 from General", "2027: $85,500.50 ($24,300.10 from General and $61,200.40 from Grant)",
        "1 order of the next 90 days, $13,800 in all: the first by December 15, 2026")


def test_warnings_tell_unspent_money_unmatched_assets_and_unforeseen_dates() -> None:
    said = warnings(made(), EN)
    assert "$28,799.60 of Grant is not spent when it expires on December 31, 2027." in said
    assert "1 asset could not be matched with support dates: not known, and not counted as fine." in said
    plan = made()
    late = plan.solved.lines[4]
    moved = msgspec.structs.replace(late, go_live=GENERAL.date + timedelta(days=90))
    solved = msgspec.structs.replace(plan.solved, lines=(*plan.solved.lines[:4], moved))
    assert any("after the last known election, the general election" in one
               for one in warnings(msgspec.structs.replace(plan, solved=solved), EN))
    nothing = msgspec.structs.replace(plan.problem, calendar=Calendar())
    assert any("No election ahead is known" in one
               for one in warnings(msgspec.structs.replace(plan, problem=nothing), EN))


def test_why_names_the_end_its_source_and_age_the_price_and_the_election() -> None:
    assert sentences.why(line("office-pcs"), made(), EN) == (
        "Support ends on April 8, 2027 (endoflife.date, 93 days old). Replacing costs $13,800. "
        "It happens on March 15, 2027, 64 days before the primary.")


def test_why_tells_the_bridge_and_the_change_after_it() -> None:
    plan = made()
    assert "covers it until June 30, 2028" in sentences.why(line("pollbooks", bridge=True), plan, EN)
    text = sentences.why(line("pollbooks"), plan, EN)
    assert "Its certification ends on August 31, 2027 (as line 3 of the inventory says)." in text
    assert "Until then" not in text, "the extension covers the time between"
    assert "It must be done by March 1, 2028." in text


def test_a_date_that_is_missed_is_said_in_its_line() -> None:
    plan = infeasible()
    assert "and this plan cannot: see what is short" in sentences.why(line("pollbooks", plan), plan, EN)


def test_days_without_support_until_the_replacement_are_counted_with_the_elections() -> None:
    plan = made()
    later = msgspec.structs.replace(plan.solved.lines[1], go_live=date(2027, 6, 2))
    plan = msgspec.structs.replace(plan, solved=msgspec.structs.replace(
        plan.solved, lines=(plan.solved.lines[0], later, *plan.solved.lines[2:])))
    assert line("office-pcs", plan).bare_days == 54
    assert "Until then it is 54 days without support, through the primary." in sentences.why(
        line("office-pcs", plan), plan, EN)
    assert any("The plan cannot change that before this election: use plan B." in one
               for one in headlines.headlines(plan, EN))


def test_the_risk_is_what_happens_if_nothing_is_done() -> None:
    assert sentences.risk(line("office-pcs"), made(), EN) == (
        "1,323 days without support from April 9, 2027 to November 21, 2030, through the primary and the general "
        "election.")


@pytest.mark.parametrize("speak", [EN, FR], ids=["en", "fr"])
def test_what_nobody_knows_is_never_said_to_be_fine(speak: Language) -> None:
    mystery = line("mystery")
    assert mystery.reason is Kept.UNKNOWN
    assert sentences.risk(mystery, made(), speak).startswith(("Not known", "Inconnu"))
    assert sentences.plan_b(mystery, made(), speak)


@pytest.mark.parametrize(("changes", "reason"), [
    ({"ends": EndOfLife(date(2040, 1, 1), "support", SOURCE)}, Kept.LASTS), ({"cost": None}, Kept.NO_PRICE),
    ({"lead_months": None}, Kept.NO_LEAD), ({"kind": "printer"}, Kept.NO_FUND), ({}, Kept.NO_ROOM),
])
def test_why_something_is_kept_is_told(changes: dict[str, object], reason: Kept) -> None:
    plan = made()
    one = asset("x", **changes)  # type: ignore[arg-type]
    budgets = tuple(msgspec.structs.replace(each, kinds=("PC",)) for each in plan.problem.budgets)
    plan = msgspec.structs.replace(
        plan, problem=msgspec.structs.replace(plan.problem, assets=(one,), budgets=budgets),
        solved=msgspec.structs.replace(plan.solved, lines=(Line("x", Option.KEEP),)))
    found = line("x", plan)
    assert found.reason is reason
    assert sentences.why(found, plan, EN)
    assert bool(sentences.plan_b(found, plan, EN)) == (reason is not Kept.LASTS)


def test_plan_b_offers_the_extension_only_where_the_plan_does_not_buy_it() -> None:
    plan = made()
    assert "Print and seal paper pollbooks" in sentences.plan_b(line("pollbooks"), plan, EN)
    assert "extended support" not in sentences.plan_b(line("pollbooks"), plan, EN)
    without = msgspec.structs.replace(plan, solved=msgspec.structs.replace(
        plan.solved, lines=tuple(one for one in plan.solved.lines if one.option is not Option.EXTEND)))
    assert sentences.plan_b(line("pollbooks", without), without, EN).startswith(
        "Buy the vendor’s extended support until June 30, 2028, for $9,000.")


def test_every_kind_that_weighs_has_its_words_and_its_plan_b() -> None:
    rows = {one.name for one in kinds.KINDS}
    assert rows <= NAMED
    assert set(plan_b.CONTROLS) == NAMED


def test_a_kind_without_words_is_counted_as_the_office_wrote_it() -> None:
    assert counted("badge-reader", 12, EN) == "12 × badge-reader"
    assert counted("ballot-printer", 2, EN) == "2 ballot printers"
    assert counted("Workstations", 1, FR) == "1 ordinateur"
    assert named("E-Pollbook", EN) == "pollbooks"


@pytest.mark.parametrize("rule", [*sentences._COMING, "a rule of tomorrow"])
@pytest.mark.parametrize("speak", [EN, FR], ids=["en", "fr"])
def test_every_rule_has_its_sentence_before_and_after_its_day(rule: str, speak: Language) -> None:
    said = {sentences.ending(asset("x", ends=EndOfLife(day, rule, Source("s", TODAY))), TODAY, speak)
            for day in (TODAY - timedelta(days=400), TODAY + timedelta(days=400))}
    assert len(said) == 2
    assert all("%" not in one for one in said)


def test_elections_past_the_plan_or_before_it_are_no_headline() -> None:
    plan = made()
    past = msgspec.structs.replace(PRIMARY, date=date(2026, 5, 1))
    calendar = Calendar((past, msgspec.structs.replace(GENERAL, date=date(2040, 1, 1))))
    plan = msgspec.structs.replace(plan, problem=msgspec.structs.replace(plan.problem, calendar=calendar))
    assert not any("the primary" in one for one in headlines.headlines(plan, EN))


def test_money_that_outlives_its_year_is_told_at_the_end_of_the_year() -> None:
    plan = made()
    budgets = tuple(msgspec.structs.replace(one, expires=date(2029, 6, 30)) if one.expires else one
                    for one in plan.problem.budgets)
    plan = msgspec.structs.replace(plan, problem=msgspec.structs.replace(plan.problem, budgets=budgets))
    assert ("$28,799.60 of Grant is not spent at the end of 2027: what carries over is a row of the next year."
            in warnings(plan, EN))


def long_lived(why: str) -> Made:
    """A plan of one young machine whose expected life outlasts the plan, and of which this is not known."""
    young = asset("young", ends=EndOfLife(date(2032, 9, 10), "hardware-life", SOURCE))
    plan = made()
    return msgspec.structs.replace(
        plan, problem=msgspec.structs.replace(plan.problem, assets=(young,)), unmatched=(Unmatched("young", why),),
        solved=msgspec.structs.replace(plan.solved, lines=(Line("young", Option.KEEP),)))


@pytest.mark.parametrize("why", ["edition", "version", "cycle", "product", "dates", "models"])
def test_hardware_that_lasts_says_nothing_of_software_that_nobody_could_match(why: str) -> None:
    plan = long_lived(why)
    entry = line("young", plan)
    assert entry.reason is Kept.UNKNOWN
    assert sentences.why(entry, plan, EN).endswith("It is kept for now; it is not counted as fine.")
    assert sentences.risk(entry, plan, EN) == "Not known: nobody knows when its support ends."
    assert sentences.plan_b(entry, plan, EN)
    assert printed.data(plan, EN)["left"] == (
        "1 line is kept because nobody knows when its support ends: it is not counted as fine.")


def test_how_many_there_are_does_not_change_when_support_ends() -> None:
    plan = long_lived("quantity")
    assert line("young", plan).reason is Kept.LASTS
    assert printed.data(plan, EN)["left"] == "1 line needs nothing within this plan."


def test_a_long_name_in_the_printed_picture_ends_in_a_sign_that_it_is_longer() -> None:
    plan = made()
    long = asset("x" * 90)
    plan = msgspec.structs.replace(
        plan, problem=msgspec.structs.replace(plan.problem, assets=(long,)), unmatched=(),
        solved=msgspec.structs.replace(plan.solved, lines=(Line(long.id, Option.KEEP),)))
    drawn = printed.data(plan, EN)["timeline"]["rows"]
    cut = [row["label"] for row in drawn if "x" in row["label"]]
    assert all(len(label) <= printed.LABEL and label.endswith("…") for label in cut)
    assert cut


def test_the_office_s_name_is_inert_in_every_form() -> None:
    plan = msgspec.structs.replace(made(), office="\u202eoffice\x1b[31m")
    assert document.document(plan, "en")["office"] == "\ufffdoffice\ufffd[31m"
