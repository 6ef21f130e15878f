"""Without the libraries of the extra, what a domain shows is unsupported, with the words that help."""

from __future__ import annotations

import subprocess
import sys

from tests.docs.documents import ROOT

PROGRAM = """
import sys
for name in ("dns", "checkdmarc", "publicsuffixlist"):
    sys.modules[name] = None
from collectors import domain_dns, domain_mail, domain_registration
from hustings.declared import Declared, Domain
from tests.fakes import FakeHost
declared = Declared(domains=(Domain("office.example"),), resolvers=("127.0.0.1:9",))
for collector in (domain_mail, domain_dns, domain_registration):
    for fact, value in collector.collect(FakeHost(), declared).items():
        print(fact, value)
"""


def test_every_fact_says_what_to_install() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines.pop(0) == "domain.sends_mail@office.example True"
    assert len(lines) > 30
    assert {line.partition(" ")[2] for line in lines} == {"unsupported: install hustings[domains]"}


def test_a_name_beyond_ascii_says_what_to_install() -> None:
    program = "import sys; sys.modules['idna'] = None; from hustings.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", program, "check", "--domain", "élection.example"], capture_output=True,
                          text=True, check=False, cwd=ROOT)
    assert done.returncode == 3
    assert "pip install 'hustings[domains]'" in done.stderr
