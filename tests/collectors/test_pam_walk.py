"""The walk through a PAM stack comes to what Linux-PAM itself comes to."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors import _pam, _pam_walk
from tests.collectors import real_pam

ANSWERS = ("success", "auth_err", "ignore", "user_unknown", "perm_denied", "maxtries")
WORDS = ("ok", "done", "bad", "die", "ignore", "reset", "1", "2", "3")
brackets = st.dictionaries(st.sampled_from((*ANSWERS, "default")), st.sampled_from(WORDS), min_size=1, max_size=4).map(
    lambda pairs: "[" + " ".join(f"{name}={what}" for name, what in pairs.items()) + "]")
controls = st.one_of(st.sampled_from(["required", "requisite", "sufficient", "optional"]), brackets)
modules = st.tuples(controls, st.sampled_from(ANSWERS)).map(
    lambda one: f"auth {one[0]} {real_pam.DEBUG} auth={one[1]}")
inner = st.lists(modules, min_size=1, max_size=3)
outer = st.lists(st.one_of(modules, st.sampled_from(
    ["auth substack inner", "auth include inner", "@include inner"])), min_size=1, max_size=5)


def fixed(index: int, entry: _pam.Entry) -> frozenset[str]:
    return frozenset({entry.value("auth") or "success"})


def stack(files: dict[str, str], service: str = "login") -> list[_pam.Entry]:
    return [one for one in _pam.stack(lambda path: files[path.rpartition("/")[2]], service) if one.kind == "auth"]


@pytest.mark.skipif(bool(real_pam.impossible()), reason=real_pam.impossible() or "-")
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(outer=outer, inner=inner)
def test_the_walk_ends_as_linux_pam_ends(tmp_path: Path, outer: list[str], inner: list[str]) -> None:
    said = "\n".join(outer).replace("inner", str(tmp_path / "inner"))  # a name alone would be sought in /etc/pam.d
    files = {"login": f"{said}\n", "inner": "\n".join(inner) + "\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    really = real_pam.authenticate(tmp_path, "login") == 0
    assert _pam_walk.can_succeed(stack(files), fixed) is really


def lines(*said: str) -> list[_pam.Entry]:
    return stack({"login": "".join(f"auth {one}\n" for one in said)})


@pytest.mark.parametrize(("said", "guarding"), [
    (["required pam_a.so"], [True]),
    (["optional pam_a.so", "required pam_permit.so"], [False, True]),
    (["sufficient pam_a.so", "required pam_b.so"], [False, False]),
    (["required pam_a.so", "sufficient pam_b.so", "required pam_deny.so"], [True, True, False]),
    (["[success=1 default=ignore] pam_unix.so", "requisite pam_deny.so", "required pam_permit.so"],
     [True, False, True]),
    (["[success=2 default=ignore] pam_x.so", "required pam_a.so", "required pam_b.so", "required pam_c.so"],
     [False, False, False, True]),
    (["[default=ignore] pam_a.so", "required pam_b.so"], [False, True]),
    (["required pam_deny.so"], [False]),
])
def test_a_module_guards_where_its_refusal_ends_every_way_through(said: list[str], guarding: list[bool]) -> None:
    entries = lines(*said)
    assert [_pam_walk.guards(entries, [index]) for index in range(len(entries))] == guarding


def test_what_ends_a_substack_ends_no_more() -> None:
    files = {"login": "auth substack inner\nauth required pam_a.so\n",
             "inner": "auth sufficient pam_b.so\nauth required pam_c.so\n"}
    assert [_pam_walk.guards(stack(files), [index]) for index in range(3)] == [False, False, True]
    included = {**files, "login": "auth include inner\nauth required pam_a.so\n"}
    assert not _pam_walk.guards(stack(included), [2])


def test_an_answer_without_an_action_is_bad() -> None:
    assert not _pam_walk.can_succeed(lines("[success=ok] pam_a.so"), lambda index, entry: frozenset({"auth_err"}))


def test_a_vendors_stack_counts_where_the_machine_has_none_of_its_own() -> None:
    own = {"/usr/etc/pam.d/login": "auth include common-auth\n",
           "/usr/etc/pam.d/common-auth": "auth required pam_a.so\n",
           "/usr/lib/pam.d/common-auth": "auth required pam_b.so\n"}

    def read(path: str) -> str:
        from collectors.host.protocol import NotThere

        if path not in own:
            raise NotThere(path)
        return own[path]

    assert [one.module for one in _pam.stack(read, "login")] == ["pam_b"]
    own["/etc/pam.d/common-auth"] = "auth required pam_c.so\n"
    assert [one.module for one in _pam.stack(read, "login")] == ["pam_c"]
