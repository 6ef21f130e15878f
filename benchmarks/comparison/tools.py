"""The three auditors: what each says of a root, and what saying it costs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.comparison.roots import bind

CONTENT = Path("/usr/share/xml/scap/ssg/content/ssg-debian11-ds.xml")
_RULE = "xccdf_org.ssgproject.content_rule_"
_XCCDF = "{http://checklists.nist.gov/xccdf/1.2}"


@dataclass(frozen=True)
class Said:
    """``findings`` are the things a tool holds to be wrong, ``unknown`` those it could not decide; processor
    seconds with children, and MiB of the largest process."""

    findings: frozenset[str]
    unknown: frozenset[str]
    cpu: float
    mib: float


def _run(command: list[str], ok: tuple[int, ...], chroot: Path | None = None) -> tuple[str, float, float]:
    """What ``command`` says, its processor seconds and the MiB of its largest process; inside ``chroot`` if given."""
    with tempfile.TemporaryFile() as out:
        child = os.fork()
        if not child:
            os.dup2(out.fileno(), 1)
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.dup2(os.open(os.devnull, os.O_RDWR), 2)
            if chroot is not None:
                os.chroot(chroot)
                os.chdir("/")
            try:
                os.execvp(command[0], command)
            finally:
                os._exit(127)
        _, status, used = os.wait4(child, 0)
        if os.waitstatus_to_exitcode(status) not in ok:
            raise RuntimeError(f"{' '.join(command)} exited with {os.waitstatus_to_exitcode(status)}")
        out.seek(0)
        return out.read().decode(errors="replace"), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def hustings(root: Path) -> Said:
    """Our own audit of the root."""
    command = [str(Path(sys.executable).with_name("hustings")), "check", "--root", str(root), "--format", "json"]
    out, cpu, mib = _run(command, (0, 1))
    rows = json.loads(out)["results"]
    verdicts = {verdict: frozenset(row["check"] for row in rows if row["verdict"] == verdict)
                for verdict in ("fail", "unknown")}
    return Said(verdicts["fail"], verdicts["unknown"], cpu, mib)


def lynis(root: Path) -> Said:
    """lynis inside the root, with the kernel's file systems there: it knows no other way to look at one. It asks
    about SSH only where a daemon runs, so the root's own is started on loopback meanwhile. What it says of running
    processes (PROC) is about this machine and left out."""
    bind(root, "/usr/share/lynis", "/etc/lynis", "/usr/sbin/lynis", "/dev", "/sys")
    subprocess.run(["mount", "-t", "proc", "proc", str(root / "proc")], check=True)
    (root / "run/sshd").mkdir(exist_ok=True)
    sshd = ["chroot", str(root), "/usr/sbin/sshd", "-D", "-o", "ListenAddress=127.0.0.1:22422"]
    audit = ["lynis", "audit", "system", "--quick", "--no-colors", "--quiet"]
    with subprocess.Popen(sshd) as daemon:
        try:
            _, cpu, mib = _run(audit, tuple(range(256)), root)
        finally:
            daemon.terminate()
    report = (root / "var/log/lynis-report.dat").read_text(encoding="utf-8", errors="replace")
    findings = re.findall(r"^(?:warning|suggestion)\[\]=((?!PROC-)[^|]+\|[^|]*\|[^|]*)", report, re.MULTILINE)
    return Said(frozenset(findings), frozenset(), cpu, mib)


def openscap(root: Path) -> Said:
    """OpenSCAP with every rule of Debian's SSG content for Debian 11, the newest that Debian 12 packages;
    the root is made to say that it is Debian 11, else no rule applies."""
    (root / "etc/debian_version").write_text("11.6\n", encoding="utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        tailoring, results = Path(scratch, "all.xml"), Path(scratch, "results.xml")
        tailoring.write_text(_every_rule(), encoding="utf-8")
        _, cpu, mib = _run(["env", f"OSCAP_PROBE_ROOT={root}", "oscap", "xccdf", "eval", "--tailoring-file",
                            str(tailoring), "--profile", "xccdf_hustings_profile_all", "--results", str(results),
                            str(CONTENT)], (0, 2))
        verdicts: dict[str, set[str]] = {"fail": set(), "unknown": set(), "error": set(), "notchecked": set()}
        for one in ElementTree.parse(results).iter(f"{_XCCDF}rule-result"):
            said = one.findtext(f"{_XCCDF}result", "")
            verdicts.setdefault(said, set()).add(one.get("idref", "").removeprefix(_RULE))
    undecided = verdicts["unknown"] | verdicts["error"] | verdicts["notchecked"]
    return Said(frozenset(verdicts["fail"]), frozenset(undecided), cpu, mib)


def _every_rule() -> str:
    """A tailoring that selects every rule of the content, so that it has its best chance."""
    rules = sorted(set(re.findall(rf'Rule [^>]*id="({_RULE}[^"]+)"', CONTENT.read_text(encoding="utf-8"))))
    selected = "".join(f'<select idref="{rule}" selected="true"/>' for rule in rules)
    return (f'<Tailoring xmlns="{_XCCDF[1:-1]}" id="xccdf_hustings_tailoring_all"><benchmark href="{CONTENT}"/>'
            f'<version time="2026-01-01T00:00:00">1</version><Profile id="xccdf_hustings_profile_all">'
            f"<title>every rule</title>{selected}</Profile></Tailoring>")


TOOLS: dict[str, Callable[[Path], Said]] = {"hustings": hustings, "lynis": lynis, "openscap": openscap}
