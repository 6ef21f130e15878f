"""Envelopes: what a signature covers, and what a message may not choose."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from hustings import envelope, keys
from hustings.errors import BadDocument, BadJson, BadKey, BadSignature, HustingsError, TooLarge

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = keys.public_bytes(SIGNER)
OTHER = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
VECTORS = [json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "vectors").glob("*.json"))]
WORDS = st.text(st.characters(codec="utf-8"))
PAYLOAD = b'{"schema":"hustings.report/1"}'


def opened(data: bytes, kind: str = envelope.REPORT, public: bytes = PUBLIC) -> bytes:
    return envelope.verify(envelope.parse(data), kind, public)


def rewritten(data: bytes, **changes: Any) -> bytes:
    return json.dumps({**json.loads(data), **changes}).encode()


def test_the_encoding_is_the_one_that_dsse_publishes() -> None:
    # The worked example of the DSSE v1 protocol document, section "Test Vectors".
    assert envelope.pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world")


def test_lengths_are_counted_in_bytes() -> None:
    assert envelope.pae("é", "été".encode()) == "DSSEv1 2 é 5 été".encode()
    assert envelope.pae("", b"") == b"DSSEv1 0  0 "


@given(WORDS, st.binary(), WORDS, st.binary())
def test_two_messages_never_share_an_encoding(kind: str, payload: bytes, kind2: str, payload2: bytes) -> None:
    same = envelope.pae(kind, payload) == envelope.pae(kind2, payload2)
    assert same == ((kind, payload) == (kind2, payload2))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_our_vectors_hold(vector: dict[str, str]) -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["seed"]))
    payload = base64.b64decode(vector["payload"])
    assert keys.public_bytes(private).hex() == vector["public_key"]
    assert keys.key_id(keys.public_bytes(private)) == vector["key_id"]
    assert envelope.digest(payload) == vector["payload_digest"]
    assert envelope.pae(vector["payload_type"], payload).hex() == vector["pae"]
    assert envelope.sign(payload, vector["payload_type"], private).decode() == vector["envelope"]
    read = envelope.parse(vector["envelope"].encode())
    assert envelope.verify(read, vector["payload_type"], bytes.fromhex(vector["public_key"])) == payload


@given(st.binary(max_size=2000))
def test_what_was_signed_comes_out_byte_for_byte(payload: bytes) -> None:
    assert opened(envelope.sign(payload, envelope.REPORT, SIGNER)) == payload


@given(st.data())
def test_one_flipped_bit_never_yields_other_bytes(data: st.DataObject) -> None:
    signed = bytearray(envelope.sign(PAYLOAD, envelope.REPORT, SIGNER))
    at = data.draw(st.integers(0, len(signed) * 8 - 1))
    signed[at // 8] ^= 1 << at % 8
    try:
        read = opened(bytes(signed))
    except HustingsError:
        return
    assert read == PAYLOAD  # only what no signature covers was changed: the key id, or a key's unused name


@given(st.integers(0, 64 * 8 - 1))
def test_no_bit_of_the_signature_may_differ(bit: int) -> None:
    read = json.loads(envelope.sign(PAYLOAD, envelope.REPORT, SIGNER))
    signature = bytearray(base64.b64decode(read["signatures"][0]["sig"]))
    signature[bit // 8] ^= 1 << bit % 8
    read["signatures"][0]["sig"] = base64.b64encode(signature).decode()
    with pytest.raises(BadSignature):
        opened(json.dumps(read).encode())


@pytest.mark.parametrize("kind", [envelope.LOST, envelope.ENROLLMENT, "", envelope.REPORT.upper()])
def test_a_payload_of_another_type_is_refused_although_its_signature_holds(kind: str) -> None:
    signed = envelope.sign(PAYLOAD, kind, SIGNER)
    with pytest.raises(BadSignature, match="not a"):
        opened(signed)


def test_relabelling_a_payload_breaks_its_signature() -> None:
    signed = envelope.sign(PAYLOAD, envelope.LOST, SIGNER)
    with pytest.raises(BadSignature, match="no signature"):
        opened(rewritten(signed, payloadType=envelope.REPORT))


def test_the_key_id_is_a_hint_that_may_lie_either_way() -> None:
    signed = json.loads(envelope.sign(PAYLOAD, envelope.REPORT, SIGNER))
    signed["signatures"][0]["keyid"] = "sha256:" + "0" * 64
    assert opened(json.dumps(signed).encode()) == PAYLOAD
    foreign = json.loads(envelope.sign(PAYLOAD, envelope.REPORT, OTHER))
    foreign["signatures"][0]["keyid"] = keys.key_id(PUBLIC)
    with pytest.raises(BadSignature):
        opened(json.dumps(foreign).encode())


def test_one_good_signature_among_strangers_is_enough_and_none_is_not() -> None:
    ours = json.loads(envelope.sign(PAYLOAD, envelope.REPORT, SIGNER))["signatures"]
    theirs = json.loads(envelope.sign(PAYLOAD, envelope.REPORT, OTHER))["signatures"]
    base = envelope.sign(PAYLOAD, envelope.REPORT, SIGNER)
    assert opened(rewritten(base, signatures=[*theirs, {"keyid": "x", "sig": "%%"}, *ours])) == PAYLOAD
    with pytest.raises(BadSignature):
        opened(rewritten(base, signatures=theirs * 3))


@pytest.mark.parametrize("count", [0, envelope.MAX_SIGNATURES + 1])
def test_the_number_of_signatures_is_bounded(count: int) -> None:
    signed = envelope.sign(PAYLOAD, envelope.REPORT, SIGNER)
    with pytest.raises(BadDocument, match="1 to 8 signatures"):
        envelope.parse(rewritten(signed, signatures=json.loads(signed)["signatures"] * count))


def test_a_weak_key_verifies_nothing() -> None:
    signed = envelope.sign(PAYLOAD, envelope.REPORT, SIGNER)
    with pytest.raises(BadKey):
        opened(signed, public=(1).to_bytes(32, "little"))


def test_spaces_and_unknown_keys_change_nothing() -> None:
    signed = envelope.sign(PAYLOAD, envelope.REPORT, SIGNER)
    assert opened(json.dumps({**json.loads(signed), "extra": {"a": 1}}, indent=2).encode()) == PAYLOAD


@pytest.mark.parametrize("change", [
    {"payload": 5}, {"payloadType": None}, {"signatures": {}}, {"signatures": [{"sig": "x"}]}, {"signatures": ["x"]},
])
def test_an_envelope_of_another_shape_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadDocument, match="not a DSSE envelope"):
        envelope.parse(rewritten(envelope.sign(PAYLOAD, envelope.REPORT, SIGNER), **change))


@pytest.mark.parametrize("text", ["{", "[]", "null", '"x"', "", "{}"])
def test_what_is_no_envelope_is_refused(text: str) -> None:
    with pytest.raises(BadDocument):
        envelope.parse(text.encode())


def test_a_duplicate_key_is_refused_even_if_both_values_agree() -> None:
    signed = envelope.sign(PAYLOAD, envelope.REPORT, SIGNER).decode()
    doubled = signed[:-1] + f',"payloadType":{json.dumps(envelope.REPORT)}}}'
    with pytest.raises(BadJson, match="twice"):
        envelope.parse(doubled.encode())


def test_strangers_cannot_make_the_parser_work_hard() -> None:
    with pytest.raises(BadDocument, match="too many parts"):
        envelope.parse(b'{"a":[' + b"{}," * 3_000_000 + b"{}]}")
    with pytest.raises(TooLarge):
        envelope.parse(b" " * (envelope.MAX_ENVELOPE + 1))


@pytest.mark.parametrize("payload", ["%%%", "YWJj\n", "YWJ", "é"])
def test_a_payload_that_is_not_base64_is_refused(payload: str) -> None:
    read = envelope.parse(rewritten(envelope.sign(PAYLOAD, envelope.REPORT, SIGNER), payload=payload))
    with pytest.raises(BadDocument, match="base64"):
        envelope.verify(read, envelope.REPORT, PUBLIC)
