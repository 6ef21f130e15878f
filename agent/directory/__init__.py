"""``hustings directory``: tenants and directories of accounts."""
