"""Other distributions, from what real machines of theirs printed and held: the verdict that is right for each."""

from __future__ import annotations

import re

import pytest

from collectors.host.recorded import RecordedHost
from hustings.verdicts import Verdict
from policies.pack import shipped
from tests.recorded.verdicts import HERE, SETS, decided, expected, judged

CHECKS = sorted(check.id for check in shipped().checks if check.scope == "machine")
FAMILIES = {"ubuntu-18.04": "ubuntu", "centos-7": "centos", "rocky-8": "rocky", "sles-12": "sles",
            "alpine-3.15": "alpine"}
PLAIN = {  # verdicts that anybody can read off the material, kept apart from the list that is written by a command
    ("alpine-3.15", "identity/no-empty-passwords"): "fail",
    ("alpine-3.15", "patching/os-supported"): "pass",
    ("sles-12", "patching/os-supported"): "fail",
    ("centos-7", "patching/os-supported"): "pass",
    ("centos-7", "privilege/default-umask"): "fail",
    ("centos-7", "devices/no-plain-text-services"): "pass",
    ("ubuntu-18.04", "devices/no-plain-text-services"): "pass",
    ("rocky-8", "devices/mandatory-access-control"): "pass",
}


def test_there_is_a_recording_of_each_family() -> None:
    assert sorted(FAMILIES) == SETS
    for name, family in FAMILIES.items():
        text = RecordedHost(str(HERE / name / "recording")).read("/etc/os-release")
        assert re.search(rf'^ID="?{family}"?$', text, re.MULTILINE)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("check", CHECKS)
def test_the_verdict_is_the_expected_one_and_unknown_where_the_material_has_nothing(name: str, check: str) -> None:
    (found,) = [one for one in judged(name) if one.check == check]
    assert str(found.verdict) == expected(name).get(check, "unknown"), found.actual
    if found.verdict is Verdict.UNKNOWN:
        assert found.reason


@pytest.mark.parametrize(("name", "check"), PLAIN, ids=lambda one: one)
def test_what_anybody_can_read_off_the_material_is_what_is_said(name: str, check: str) -> None:
    assert decided(name)[check] == PLAIN[name, check]


@pytest.mark.parametrize("name", SETS)
def test_no_password_hash_is_among_the_material(name: str) -> None:
    for path in (HERE / name / "recording").rglob("*"):
        if path.is_file():
            text = path.read_text("utf-8")
            assert not re.search(r"\$(1|2[aby]|5|6|y)\$(?!0)[./A-Za-z0-9]", text), path
            assert "PRIVATE KEY" not in text, path


def test_every_file_of_the_material_is_accounted_for() -> None:
    said = (HERE / "SOURCES.md").read_text("utf-8")
    for name in SETS:
        section = said.partition(f"## {name}\n")[2].partition("\n## ")[0]
        assert section, name
        for path in (HERE / name / "recording").rglob("*"):
            inside = path.relative_to(HERE / name / "recording")
            if not path.is_file() or path.name in ("host.json", "argv", "code"):
                continue
            label = "/" + str(inside.relative_to("files")) if inside.parts[0] == "files" else inside.parts[0]
            label = "/proc/sys/" if label.startswith("/proc/sys/") else label
            label = "/sys/devices/virtual/dmi/id/" if label.startswith("/sys/devices/virtual/dmi/") else label
            assert f"`{label}`" in section, f"{name}: {label}"
