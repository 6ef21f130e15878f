from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from babel.messages.catalog import Catalog

from server.pages import words
from server.pages.language import catalogue, chosen, elsewhere, language, preferred
from tests.server.extraction import as_po, texts

NO_BREAK = "\u00a0"


@pytest.fixture(scope="module")
def french() -> Catalog:
    return catalogue("fr")


def key(one: object) -> object:
    return tuple(one) if isinstance(one, (list, tuple)) else one


def test_every_text_has_its_french_and_no_french_is_left_over(french: Catalog) -> None:
    wanted = texts()
    have = {key(message.id) for message in french if message.id}
    missing = [one for one in wanted if one not in have]
    assert not missing, "add to a file of server/locale/fr:\n\n" + as_po(missing)
    assert not have - set(wanted), "no longer used; remove from server/locale/fr"


def test_no_french_is_empty_or_doubtful(french: Catalog) -> None:
    for message in french:
        if message.id:
            said = message.string if isinstance(message.string, tuple) else (message.string,)
            assert all(said), message.id
            assert not message.fuzzy, message.id


def test_french_fills_the_same_blanks(french: Catalog) -> None:
    for message in french:
        assert not list(message.check(french)), message.id
        for text in message.string if isinstance(message.string, tuple) else (message.string,):
            asked = set().union(*(re.findall(r"%\(\w+\)s", one) for one in
                                  (message.id if isinstance(message.id, (list, tuple)) else (message.id,))))
            assert not message.id or set(re.findall(r"%\(\w+\)s", text)) == asked, message.id


def test_french_is_typeset_as_in_canada(french: Catalog) -> None:
    for message in french:
        for text in (message.string if isinstance(message.string, tuple) else (message.string,)) if message.id else ():
            assert " :" not in text, f"write a no-break space before the colon: {text}"
            assert not re.search(r"\w:(?!\d\d\b|//)", text.replace(f"{NO_BREAK}:", "")), text  # as typed
            assert "'" not in text, f"write a typographic apostrophe: {text}"
            assert not re.search(r"[ \u00a0][;?!]", text), text


def test_no_text_holds_a_bare_percent_sign() -> None:
    for one in texts():
        for text in one if isinstance(one, tuple) else (one,):
            assert not re.search(r"%(?!\(\w+\)s)", text), text


def test_english_says_what_the_code_says() -> None:
    assert language("en").say("Method") == "Method"
    assert language("en").texts.ngettext("one", "many", 1) == "one"


def test_french_plurals_take_zero_as_singular() -> None:
    one, many = "%(count)s day", "%(count)s days"
    assert [language("fr").texts.ngettext(one, many, count) for count in (0, 1, 2)] == [
        "%(count)s jour", "%(count)s jour", "%(count)s jours"]


def test_every_role_of_the_product_has_a_name() -> None:
    from hustings.declared import ROLES

    assert set(words.ROLES) == set(ROLES)


def test_every_responsible_party_has_a_name() -> None:
    from server.store.inventory import RESPONSIBLE

    assert set(words.PARTIES) == set(RESPONSIBLE)


def test_every_reason_has_its_words() -> None:
    from hustings.facts import Reason

    assert {str(one) for one in Reason} <= set(words.REASONS)


@pytest.mark.parametrize(("header", "code"), [
    ("fr-CA,fr;q=0.9,en;q=0.8", "fr"), ("en;q=0.5, fr;q=0.7", "fr"), ("de, en", "en"), ("", "en"), ("fr;q=0", "en"),
    ("fr;q=nonsense, en", "en"), ("*", "en"), ("FR", "fr")])
def test_the_browsers_preference_is_heeded(header: str, code: str) -> None:
    assert preferred(header) == code


def test_an_address_that_names_a_language_wins_over_the_browser() -> None:
    assert chosen("/fr/nothing", {}, "en") == "fr"
    assert chosen("/sign-in", {"next": "/fr/plan"}, "en") == "fr"
    assert chosen("/sign-in", {"language": "en", "next": "/fr/plan"}, "fr") == "en"
    assert chosen("/sign-in", {}, "fr") == "fr"


def test_the_switch_keeps_the_page() -> None:
    assert elsewhere("/en/machines/a1", {}, "en") == [("fr", "/fr/machines/a1")]
    assert elsewhere("/en", {}, "en") == [("fr", "/fr/")]
    assert elsewhere("/sign-in", {"next": "/en/plan"}, "en") == [("fr", "/sign-in?next=%2Fen%2Fplan&language=fr")]


def test_numbers_and_days_are_written_as_each_language_does() -> None:
    moment = datetime(2026, 11, 2, 15, 4, tzinfo=UTC)
    assert language("fr").date(date(2026, 11, 2)) == "2 novembre 2026"
    assert language("en").time(moment) == "2 Nov 2026, 15:04 UTC"
    assert "15 h 04" in language("fr").time(moment)
    assert language("fr").number(1.5, 1) == "1,5"
    assert language("en").percent(0.999) == "99%", "a part is never rounded up"
