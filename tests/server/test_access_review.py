"""From what a machine derives to what a server says of it: the hash is the same, or is said to be another."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from hustings.access.rights import mask
from hustings.access.state import Entry, Object, Principal, State
from hustings.declared import Database, Declared
from hustings.facts import ACCOUNT, OBJECT, Facts, Observation, Registry, disclose
from hustings.pseudonyms import Pseudonyms
from policies.derive.base import derive_all
from policies.pack import shipped
from server import access_review
from server.access_difference import Picture, picture
from server.access_review import Proof
from server.access_sentences import sentences
from server.pages.language import language
from server.standing import standing
from tests.server.records import NOW, PACK, heard, results

MODEL = """\
model: 1
system: county
database: {engine: postgresql, dsn_env: HUSTINGS_VR, schema: vr}
objects:
  voters: {class: restricted}
roles:
  clerk: {who: humans, allow: {voters: "r i"}}
owner_role: vr_owner
accounts:
  - {login: jdoe, person: p-014, roles: [clerk]}
leavers: {p-014: 2026-06-30}
share: [SHARE]
"""
STATE = State(
    engine="postgresql", version="16.4", database="office", as_of="2026-11-22T12:00:00Z", user="hustings_audit",
    principals=(Principal("postgres", login=True, superuser=True, bootstrap=True), Principal("vr_owner"),
                Principal("jdoe", login=True), Principal("zed", login=True), Principal("hustings_audit", login=True)),
    objects=(Object("", "vr", "schema", "vr_owner", 1),
             Object("vr", "voters", "table", "vr_owner", 0, columns=("id", "name"))),
    acls=((Entry("jdoe", mask("SELECT", "DELETE")), Entry("zed", mask("SELECT"))), (Entry("jdoe", mask("USAGE")),)))
KEY = bytes(range(32))


def reported(share: str, key: bytes | None = None) -> Picture:
    """What the server reads of a machine whose model shares these names."""
    declared = Declared(databases=(Database(name="roll", engine="postgresql"),))
    facts: Facts = {
        "registration.access_model@roll": Observation(value=MODEL.replace("SHARE", share), as_of=NOW),
        "registration.access_state@roll": Observation(value=msgspec.json.encode(STATE).decode(), as_of=NOW),
        "registration.usage@roll": Observation(absent=True, as_of=NOW),
        "registration.leavers_file@roll": Observation(absent=True, as_of=NOW)}
    kinds = {"accounts": ACCOUNT, "objects": OBJECT}
    names = Pseudonyms(key, {"roll": frozenset(kinds[one] for one in share.split(", ") if one)})
    left = disclose(derive_all(facts, declared, {}, NOW), Registry.shipped(), names)
    found = picture(standing(heard(results(), facts=left), PACK, NOW), "roll")
    assert found is not None
    return found


def test_the_server_computes_the_hash_that_the_machine_did() -> None:
    found = reported("accounts, objects")
    assert [(one.account, one.right) for one in found.excess.items] == [("jdoe", "DELETE"), ("zed", "SELECT")]
    assert [(one.account, one.right) for one in found.missing.items] == [("jdoe", "INSERT")]
    assert access_review.proof(found) is Proof.RECOMPUTED


def test_who_left_is_said_whatever_leaves_of_their_names() -> None:
    for share, key in (("accounts, objects", None), ("", KEY)):
        said = sentences(reported(share, key), shipped(), language("en"))
        assert said[0].text == "One person who left in June can still change voter records.", share
    at_home = sentences(reported(""), shipped(), language("en"))
    assert at_home[0].text == "One account of somebody who left still works."
    assert "the names stay on the machine" in at_home[1].text


def test_a_report_whose_lists_are_not_those_of_its_hash_is_contradicted() -> None:
    found = reported("accounts, objects")
    assert found.machine.report is not None
    key = "registration.excess_rights@roll"
    seen = found.machine.report.facts[key]
    assert seen.listing is not None
    less = msgspec.structs.replace(seen, listing=msgspec.structs.replace(seen.listing, items=seen.listing.items[:1]))
    document = msgspec.structs.replace(found.machine.report, facts={**found.machine.report.facts, key: less})
    machine = replace(found.machine, heard=replace(found.machine.heard, report=document))
    assert access_review.proof(Picture(machine, "roll")) is Proof.CONTRADICTED
    assert access_review.reported(Picture(machine, "roll"), ()).difference is None


@pytest.mark.parametrize(("share", "key"), [("", KEY), ("accounts", KEY), ("", None)])
def test_where_names_stay_at_home_the_hash_is_the_agents_word(share: str, key: bytes | None) -> None:
    found = reported(share, key)
    assert len(found.difference) == 64
    assert access_review.proof(found) is Proof.ATTESTED
    assert found.excess.count == 2
    assert (not found.excess.items) == (key is None)
    text = " ".join(one.text for one in sentences(found, shipped(), language("en")))
    assert "Two rights are held that nobody declared." in text
    assert "jdoe" not in repr((found.excess, found.anomalies, found.cells)) or "accounts" in share
