"""What is read of an Active Directory domain or an LDAP directory, and the right that opens each part.

The one table that the collector, the set-up commands, the page of documentation and the tests share. Rights are named
as Windows' own dialogues name them, or as the rules of access of OpenLDAP do (slapd.access(5)).
"""

from __future__ import annotations

PRE_2000 = "Read All Properties on users and computers (by default membership in Pre-Windows 2000 Compatible Access)"
GRANTS = {
    "active-directory": {
        "accounts": "List Contents and Read All Properties on the domain",
        "groups": "Read All Properties on groups (the attribute member)",
        "names": PRE_2000,
        "enabled": f"{PRE_2000}: userAccountControl",
        "expires": f"{PRE_2000}: accountExpires",
        "last_sign_ins": f"{PRE_2000}: lastLogonTimestamp",
        "services": f"{PRE_2000}: servicePrincipalName",
        "policies": "Read Domain Password & Lockout Policies on the domain",
        "fine_policies": "List Contents and Read All Properties on CN=Password Settings Container,CN=System",
        "rights": "Read Permissions on the domain, its administrators, their groups and their organisational units",
        "machine_quota": "Read All Properties on the domain: ms-DS-MachineAccountQuota",
        "laps": "Read on the schema",
        "anonymous": "",
    },
    "ldap": {
        "accounts": "read on the entries of people, and no limit of size",
        "groups": "read on the members of groups",
        "names": "read on uid and mail",
        "enabled": "read on pwdAccountLockedTime",
        "expires": "read on shadowExpire and pwdEndTime",
        "last_sign_ins": "read on authTimestamp or pwdLastSuccess, and the overlay or setting lastbind",
        "policies": "read on the entries of password policies and on pwdPolicySubentry",
        "default_policy": "read on olcPPolicyDefault in cn=config, or password_policy in machine.yaml",
        "passwords": "",
        "anonymous": "",
    },
}
"""By kind and section (``State.unread``): what opens it; empty where no right does."""
