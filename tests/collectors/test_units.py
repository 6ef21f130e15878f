"""Units as their files describe them; ``systemctl --root`` is asked the same questions where it is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors import services
from collectors._units import Units, parse, template
from collectors.host.image import ImageHost
from collectors.host.protocol import Output, Unreadable, Unsupported
from hustings.declared import Declared
from hustings.facts import Missing
from tests.fakes import FakeHost

VENDOR, CONFIG = "/usr/lib/systemd/system", "/etc/systemd/system"
BOOT = {
    f"{VENDOR}/graphical.target": "[Unit]\nRequires=multi-user.target\n",
    f"{VENDOR}/multi-user.target": "[Unit]\nRequires=basic.target\n",
    f"{VENDOR}/basic.target": "[Unit]\nRequires=sysinit.target\nWants=sockets.target timers.target paths.target\n",
    f"{VENDOR}/sockets.target": "[Unit]\n",
    f"{VENDOR}/timers.target": "[Unit]\n",
}
DEFAULT = {f"{VENDOR}/default.target": "graphical.target"}


def units(files=None, links=None, **given):
    return Units(FakeHost({**BOOT, **(files or {})}, links={**DEFAULT, **(links or {})}, kind="image", **given))


def service(*install: str) -> str:
    return "\n".join(["[Service]", "ExecStart=/usr/sbin/thing", *(["[Install]", *install] if install else [])]) + "\n"


def test_a_link_in_wants_starts_a_service_and_a_preset_does_not():
    found = units({f"{VENDOR}/a.service": service("WantedBy=multi-user.target"),
                   f"{VENDOR}/b.service": service("WantedBy=multi-user.target"),
                   "/usr/lib/systemd/system-preset/90.preset": "enable b.service\n"},
                  {f"{CONFIG}/multi-user.target.wants/a.service": f"{VENDOR}/a.service"})
    assert found.started() & {"a.service", "b.service"} == {"a.service"}
    assert (found.state("a.service"), found.state("b.service")) == ("enabled", "disabled")


def test_a_mask_beats_every_link():
    found = units({f"{VENDOR}/a.service": service("WantedBy=multi-user.target")},
                  {f"{CONFIG}/a.service": "/dev/null",
                   f"{CONFIG}/multi-user.target.wants/a.service": f"{VENDOR}/a.service"})
    assert "a.service" not in found.started()
    assert found.state("a.service") == "masked"


def test_an_empty_file_is_a_mask_too():
    found = units({f"{VENDOR}/a.service": service(), f"{CONFIG}/a.service": ""})
    assert found.state("a.service") == "masked"


def test_a_socket_that_starts_starts_its_service():
    found = units({f"{VENDOR}/a.service": service(), f"{VENDOR}/a.socket": "[Socket]\nListenStream=21\n"},
                  {f"{VENDOR}/sockets.target.wants/a.socket": "../a.socket"})
    assert {"a.socket", "a.service"} <= found.started()


def test_a_socket_that_names_another_service_or_accepts_starts_that():
    found = units({**{f"{VENDOR}/{name}.service": service() for name in ("a", "b", "c@")},
                   f"{VENDOR}/a.socket": "[Socket]\nService=b.service\n",
                   f"{VENDOR}/c.socket": "[Socket]\nAccept=yes\n"},
                  {f"{VENDOR}/sockets.target.wants/a.socket": "../a.socket",
                   f"{VENDOR}/sockets.target.wants/c.socket": "../c.socket"})
    assert found.started() & {"a.service", "b.service", "c@.service"} == {"b.service", "c@.service"}


def test_a_timer_that_starts_starts_its_service():
    found = units({f"{VENDOR}/a.service": service(), f"{VENDOR}/a.timer": "[Timer]\nOnCalendar=daily\n"},
                  {f"{CONFIG}/timers.target.wants/a.timer": f"{VENDOR}/a.timer"})
    assert {"a.timer", "a.service"} <= found.started()


def test_what_a_started_service_requires_starts():
    found = units({f"{VENDOR}/a.service": "[Unit]\nRequires=b.service\n[Service]\n", f"{VENDOR}/b.service": service()},
                  {f"{CONFIG}/multi-user.target.wants/a.service": f"{VENDOR}/a.service"})
    assert "b.service" in found.started()


def test_an_alias_is_one_unit_with_its_own_name():
    found = units({f"{VENDOR}/ssh.service": service("WantedBy=multi-user.target", "Alias=sshd.service")},
                  {f"{CONFIG}/sshd.service": f"{VENDOR}/ssh.service",
                   f"{CONFIG}/multi-user.target.wants/sshd.service": f"{VENDOR}/ssh.service"})
    assert found.canonical("sshd.service") == "ssh.service"
    assert "ssh.service" in found.started()
    assert found.state("sshd.service") == "alias"


def test_a_drop_in_adds_and_resets():
    found = units({f"{VENDOR}/a.service": "[Service]\nExecStart=/bin/one\n",
                   f"{CONFIG}/a.service.d/10.conf": "[Service]\nExecStart=\nExecStart=/bin/two\n"})
    assert found.unit("a.service").values("Service", "ExecStart") == ["/bin/two"]


def test_a_drop_in_of_the_administrator_replaces_the_one_of_the_same_name():
    found = units({f"{VENDOR}/a.service": "[Service]\n", f"{VENDOR}/a.service.d/10.conf": "[Service]\nUser=one\n",
                   f"{CONFIG}/a.service.d/10.conf": "[Service]\nGroup=two\n"})
    unit = found.unit("a.service")
    assert (unit.values("Service", "User"), unit.values("Service", "Group")) == ([], ["two"])


def test_a_sysv_script_counts_where_no_unit_has_its_name():
    host = FakeHost({**BOOT, "/etc/init.d/old": "#!/bin/sh\n", "/etc/init.d/a": "#!/bin/sh\n",
                     f"{VENDOR}/a.service": service("WantedBy=multi-user.target")},
                    links={**DEFAULT, "/etc/rc3.d/S20old": "../init.d/old", "/etc/rc3.d/S20a": "../init.d/a"},
                    kind="image")
    assert Units(host).started() & {"old.service", "a.service"} == {"old.service"}


def test_without_systemd_the_scripts_are_what_starts():
    files = {"/etc/init.d/chronyd": "", "/etc/init.d/sshd": "", f"{VENDOR}/a.service": service(),
             f"{VENDOR}/chronyd.service": service()}
    openrc = FakeHost(files, links={"/etc/runlevels/default/chronyd": "/etc/init.d/chronyd",
                                    "/etc/runlevels/default/gone": "/etc/init.d/gone"}, kind="image")
    assert Units(openrc).started() == {"chronyd.service"}
    sysv = FakeHost(files, links={"/etc/rc3.d/S20chronyd": "../init.d/chronyd"}, kind="image")
    assert Units(sysv).started() == {"chronyd.service"}


def test_units_that_nothing_starts_are_no_answer():
    with pytest.raises(Unsupported):
        Units(FakeHost({f"{VENDOR}/a.service": service()}, kind="image")).started()


def test_what_a_running_system_generates_does_not_count_in_an_image():
    files = {f"{VENDOR}/a.service": service(), "/run/systemd/system/multi-user.target.wants/a.service": ""}
    assert "a.service" not in units(files).started()
    assert "a.service" in Units(FakeHost({**BOOT, **files}, links=DEFAULT)).started()


def test_a_machine_without_units_or_scripts_is_unsupported():
    with pytest.raises(Unsupported):
        Units(FakeHost({"/etc/passwd": ""}))


def test_continued_lines_and_comments():
    [(section, key, value)] = parse("# x\n[Unit]\nWants=a.service \\\n# between\n b.service\n; y\n")
    assert (section, key, value.split()) == ("Unit", "Wants", ["a.service", "b.service"])


def test_templates():
    assert (template("getty@tty1.service"), template("getty@.service"), template("a.service")) == (
        "getty@.service", "", "")


LISTED = "cron.service loaded active running Regular background program processing daemon\n"


def test_what_runs_is_added_on_a_live_machine():
    files = {**BOOT, f"{VENDOR}/cron.service": service("WantedBy=multi-user.target"), f"{VENDOR}/a.service": service()}
    host = FakeHost(files, links={**DEFAULT, f"{CONFIG}/multi-user.target.wants/a.service": f"{VENDOR}/a.service"},
                    commands={("systemctl", *services._ASK): Output(0, LISTED, "")})
    found = services.collect(host, Declared())["services.units"].items
    assert found == [{"name": "a.service", "state": "enabled", "starts": True, "runs": "no"},
                     {"name": "cron.service", "state": "disabled", "starts": False, "runs": "yes"}]


def test_where_systemd_does_not_run_what_runs_is_unknown():
    host = FakeHost({**BOOT, f"{VENDOR}/a.service": service()},
                    links={**DEFAULT, f"{VENDOR}/multi-user.target.wants/a.service": "../a.service"},
                    commands={("systemctl", *services._ASK): Output(1, "", "System has not been booted\n")})
    [found] = services.collect(host, Declared())["services.units"].items
    assert isinstance(found["runs"], Missing)


def test_an_unknown_listing_is_unreadable():
    with pytest.raises(Unreadable):
        services.parse_active("UNIT LOAD ACTIVE\n")


@st.composite
def configurations(draw):
    """A few units, switched on, masked, aliased or linked at random."""
    files, links = {}, {}
    for name in ("a", "b", "c"):
        install = draw(st.sampled_from([(), ("WantedBy=multi-user.target",), (f"Alias={name}{name}.service",),
                                        ("Also=a.service",)]))
        place = draw(st.sampled_from([VENDOR, VENDOR, CONFIG]))
        files[f"{place}/{name}.service"] = service(*install)
        match draw(st.sampled_from(["none", "wants", "requires", "mask", "alias", "vendor"])):
            case "wants" | "requires" as kind:
                links[f"{CONFIG}/multi-user.target.{kind}/{name}.service"] = f"{place}/{name}.service"
            case "mask" if place == VENDOR:
                links[f"{CONFIG}/{name}.service"] = "/dev/null"
            case "alias":
                links[f"{CONFIG}/{name}{name}.service"] = f"{place}/{name}.service"
            case "vendor":
                links[f"{VENDOR}/multi-user.target.wants/{name}.service"] = f"../{name}.service"
    return files, links


@pytest.mark.skipif(shutil.which("systemctl") is None, reason="systemctl is not installed")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(configurations())
def test_states_are_those_systemctl_gives(tmp_path_factory, made):
    root = tmp_path_factory.mktemp("root")
    files, links = made
    for path, text in files.items():
        (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (root / path[1:]).write_text(text)
    for path, target in links.items():
        (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (root / path[1:]).symlink_to(target)
    assert states(root) == systemctl(root)


@pytest.mark.skipif(shutil.which("systemctl") is None, reason="systemctl is not installed")
@pytest.mark.skipif(not Path("/usr/lib/systemd/system").is_dir(), reason="no units are installed here")
def test_the_states_of_this_machines_units_are_those_systemctl_gives(tmp_path):
    for path in ("etc/systemd", "usr/lib/systemd"):
        shutil.copytree(f"/{path}/system", tmp_path / path / "system", symlinks=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    assert states(tmp_path) == systemctl(tmp_path)


def states(root):
    found = Units(ImageHost(str(root)))
    return {name: found.state(name) for name in found.names()}


def systemctl(root):
    said = subprocess.run(["systemctl", f"--root={root}", "list-unit-files", "--no-legend", "--no-pager", "--full"],
                          capture_output=True, text=True, check=True).stdout
    return {line.split()[0]: line.split()[1] for line in said.splitlines() if line.strip()}
