"""How people write the software of the lifecycle table: names beside its titles, editions, and releases by year.

Names and the release behind each long-term edition's year are the makers' own; no date stands here.
"""

from __future__ import annotations

NAMES: dict[str, tuple[str, ...]] = {
    "windows": ("windows", "win", "ms windows"),
    "windows-server": ("windows server", "win server", "windows svr", "ms windows server"),
    "macos": ("macos", "mac os", "mac os x", "os x"),
    "rhel": ("red hat enterprise linux", "rhel", "red hat enterprise", "redhat enterprise linux"),
    "debian": ("debian", "debian gnu linux"),
    "ubuntu": ("ubuntu", "ubuntu server", "ubuntu linux"),
    "centos": ("centos", "centos linux"),
    "rocky-linux": ("rocky linux", "rocky"),
    "almalinux": ("almalinux", "alma linux"),
    "sles": ("suse linux enterprise server", "sles"),
    "android": ("android",),
    "ipados": ("ipados",),
    "ios": ("apple ios", "iphone os"),
    "vmware-esxi": ("vmware esxi", "esxi", "vsphere hypervisor"),
    "mssqlserver": ("sql server", "ms sql server", "mssql"),
    "postgresql": ("postgresql", "postgres"),
    "oracle-database": ("oracle database", "oracle db"),
    "office": ("microsoft office", "ms office"),
    "msexchange": ("microsoft exchange", "exchange server", "ms exchange"),
    "sharepoint": ("microsoft sharepoint", "sharepoint server"),
    "internet-explorer": ("internet explorer",),
    "edge": ("microsoft edge",),
    "chrome": ("google chrome",),
    "firefox": ("mozilla firefox", "firefox"),
}
"""Every name under which a product is recognised, for those whose title alone would miss or mistake it."""

WINDOWS_NUMBERS = {"xp": "5", "vista": "6", "7": "7", "8": "8", "8.1": "8.1", "10": "10", "11": "11"}
LONG_TERM_YEARS = {"2015": "1507", "2016": "1607", "2019": "1809", "2021": "21h2", "2024": "24h2"}
"""The release behind each long-term servicing edition."""

EDITIONS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("iot", "ltsc"), "IoTEnterpriseS"), (("iot", "ltsb"), "IoTEnterpriseS"), (("ltsc",), "EnterpriseS"),
    (("ltsb",), "EnterpriseS"), (("iot", "core"), "IoTUAP"), (("iot", "enterprise"), "IoTEnterprise"),
    (("enterprise",), "Enterprise"), (("entreprise",), "Enterprise"), (("pro", "education"), "ProfessionalEducation"),
    (("professional", "education"), "ProfessionalEducation"), (("workstations",), "ProfessionalWorkstation"),
    (("education",), "Education"), (("professional",), "Professional"), (("professionnel",), "Professional"),
    (("pro",), "Professional"), (("home",), "Core"), (("famille",), "Core"), (("core",), "Core"),
    (("datacenter",), "ServerDatacenter"), (("standard",), "ServerStandard"), (("essentials",), "ServerEssentials"),
)
"""What an edition is called, by words that are all there, the more special before the general."""
EDITION_HINTS = ("Pro", "Home", "Enterprise", "Education", "Enterprise LTSC", "IoT Enterprise LTSC")
"""The answers to "which edition?" that people know."""
EDITION_CLASSES = {"w": "Home, Pro", "e": "Enterprise, Education", "e-lts": "Enterprise LTSC",
                   "iot-lts": "IoT Enterprise LTSC", "iot": "IoT Core", "ac": "Annual Channel",
                   "sac": "Semi-Annual Channel"}
"""The table's classes of editions, as people call what is in them."""
