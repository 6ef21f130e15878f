"""A collector looks at nothing that it does not declare: what is installed grants no more, and so it must not."""

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from collectors.discovery import discover
from collectors.host.image import ImageHost
from collectors.host.live import LiveHost
from collectors.host.protocol import LookError, Platform
from hustings.declared import Database, DataPath, Declared, PrintedList, Repository, RestoreSet

LINUX = discover(Platform.LINUX)
DECLARED = Declared(
    databases=(Database(name="voters", engine="postgresql", host="/nowhere", database="voters"),),
    repositories=(
        Repository(name="nightly", tool="restic", location="/nowhere"),
        Repository(name="borg", tool="borg", location="/nowhere"),
        Repository(name="cluster", tool="pgbackrest", stanza="voters"),
        Repository(name="chain", tool="duplicity", location="/nowhere"),
        Repository(name="cloud", tool="rclone-crypt", location="a:b", config="/nowhere"),
        Repository(name="dumps", tool="files", location="/nowhere"),
    ),
    data_paths=(DataPath(name="rolls", path="/var"),),
    restore_sets=(RestoreSet(name="rolls", repository="nightly", manifest="/nowhere", path="/var"),),
    printed_lists=(PrintedList(name="list", file="/nowhere", sha256="", pages=1, certified=1),),
)


def pattern(declared):
    """``/etc/apt/`` is that directory and all below; ``*`` stands for a part of one name. The directories
    on the way there are passed through, so they may be looked at too, but nothing else in them."""
    parts = [re.escape(part).replace(r"\*", "[^/]*") for part in declared.strip("/").split("/")]
    way = "".join(f"(/{part}" for part in parts[:-1])
    last = f"(/{parts[-1]}{'(/.*)?' if declared.endswith('/') else ''})?"
    return re.compile(f"{way}{last}" + ")?" * (len(parts) - 1) + "|/")


class Tracing:
    """Passes everything on, and notes each path and program that is asked for."""

    def __init__(self, host):
        self._host = host
        self.paths: set[str] = set()
        self.programs: set[str] = set()

    def __getattr__(self, name):
        attribute = getattr(self._host, name)
        if name in ("read", "read_bytes", "list", "stat", "resolve", "walk"):
            def look(path, **given):
                self.paths.add(path.rstrip("/") or "/")
                return attribute(path, **given)
            return look
        if name == "run":
            def run(program, *args, **given):
                self.programs.add(program)
                return attribute(program, *args, **given)
            return run
        return attribute


def looked_at(collector, host):
    """What a collector touched, whatever came of it."""
    tracing = Tracing(host)
    with suppress(LookError):
        collector.collect(tracing, DECLARED)
    return tracing


def undeclared(collector, tracing):
    named = [f"{one.host}/" for one in DECLARED.databases] + [one.path for one in DECLARED.data_paths]
    allowed = [pattern(one) for one in (*collector.reads, *collector.stats, *named)]
    paths = {path for path in tracing.paths if not any(one.fullmatch(path) for one in allowed)}
    return sorted(paths | (tracing.programs - collector.programs))


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The configuration of this machine as an image: ``/etc`` and the databases of packages."""
    root = tmp_path_factory.mktemp("image")
    ignore = shutil.ignore_patterns("ssl", "alternatives", "ca-certificates*", "java*")
    shutil.copytree("/etc", root / "etc", symlinks=True, ignore=ignore, ignore_dangling_symlinks=True)
    for path in ("var/lib/dpkg/status", "usr/lib/os-release"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(f"/{path}", root / path)
    return ImageHost(str(root))


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gets as far as every look")


@needs_root
@pytest.mark.parametrize("collector", LINUX, ids=lambda one: one.name)
def test_a_collector_looks_only_where_it_says_on_this_machine(collector):
    assert undeclared(collector, looked_at(collector, LiveHost())) == []


@needs_root
@pytest.mark.skipif(not Path("/var/lib/dpkg/status").exists(), reason="this machine has no dpkg")
@pytest.mark.parametrize("collector", LINUX, ids=lambda one: one.name)
def test_a_collector_looks_only_where_it_says_in_an_image(collector, image):
    assert undeclared(collector, looked_at(collector, image)) == []


def test_the_trace_would_notice():
    tracing = Tracing(LiveHost())
    tracing.read("/etc/hostname")
    tracing.run("true")
    collector = next(one for one in LINUX if one.name == "os_release")
    assert undeclared(collector, tracing) == ["/etc/hostname", "true"]
    assert pattern("/etc/apt/").fullmatch("/etc/apt")
    assert pattern("/etc/apt/").fullmatch("/etc/apt/a/b")
    assert pattern("/etc/apt/").fullmatch("/etc")
    assert not pattern("/etc/apt/").fullmatch("/etc/aptitude")
    assert not pattern("/etc/apt").fullmatch("/etc/apt/a")
    assert pattern("/home/*/.ssh").fullmatch("/home/ada/.ssh")
    assert not pattern("/home/*/.ssh").fullmatch("/home/a/b/.ssh")


CONFIGURATION = re.compile(
    r"/(usr/)?etc/|/proc/sys/|/sys/|/boot/loader/|/(boot/)?efi/loader/|/run/(systemd|sysctl\.d|modprobe\.d|"
    r"modules-load\.d|chrony)|/(usr/)?(local/)?lib/(systemd|sysctl\.d|modprobe\.d|modules-load\.d|pam\.d|firewalld|"
    r"sysimage/rpm)/|/usr/share/(dconf|wayland-sessions|xsessions|crypto-policies|chrony)/|"
    r"/(usr/lib(64)?|opt)/libreoffice\*?/share/registry/|/var/lib/(apt/lists|rpm|hustings/proofs)/|"
    r"/var/cache/(dnf|libdnf5|zypp/raw)/")


@pytest.mark.parametrize("collector", [one for one in LINUX if not one.exhaustive], ids=lambda one: one.name)
def test_only_places_of_configuration_are_read_whole(collector):
    """A recording copies every file below such a place, so none may hold voters, mail, documents or backups."""
    whole = {path for path in collector.reads if path.endswith("/")}
    assert {path for path in whole if not CONFIGURATION.match(path)} == set()
