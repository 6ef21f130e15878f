# ruff: noqa: S608 (every part is a constant of this module)
"""What is asked of MariaDB and MySQL, one query a fact.

``ACCOUNTS`` reads of each account all but its stored password: the server itself says only whether there is one.
The auditing account reads it through a view of the schema ``hustings`` that has the same text
(``hustings access grant-script``).
"""

from __future__ import annotations

HELPER = "hustings"
"""The schema of the auditor's own view, procedure and counting functions."""
ALTERNATIVES = 4
"""Ways of signing in (``IDENTIFIED VIA … OR …``) that are looked at; more are said as ``other``."""


def _password_of(path: str) -> str:
    """One way of signing in: its plugin, and whether a password is stored (``set``, ``empty`` or ``invalid``)."""
    text = f"json_value(Priv, '{path}.authentication_string')"
    return (f"concat(coalesce(json_value(Priv, '{path}.plugin'), ''), ':', "
            f"case when coalesce({text}, '') = '' then 'empty' when {text} = 'invalid' then 'invalid' else 'set' end)")


def _alternatives() -> str:
    parts = [f"case when json_exists(Priv, '$.auth_or[{place}]') then {_password_of(f'$.auth_or[{place}]')} end"
             for place in range(ALTERNATIVES)]
    more = f"case when json_exists(Priv, '$.auth_or[{ALTERNATIVES}]') then 'other:set' end"
    between = ",\n        "
    return f"concat_ws(',', {between.join([*parts, more])})"


ACCOUNTS_MARIADB = ",\n    ".join((
    "select Host as host, User as user",
    "coalesce(json_value(Priv, '$.access'), '0') as access",
    "coalesce(json_value(Priv, '$.is_role'), '0') as is_role",
    "coalesce(json_value(Priv, '$.default_role'), '') as default_role",
    "coalesce(json_value(Priv, '$.account_locked'), '0') as locked",
    f"{_password_of('$')} as sign_in",
    f"{_alternatives()} as sign_in_or",
    "coalesce(json_value(Priv, '$.ssl_type'), '0') as tls",
    "coalesce(json_value(Priv, '$.max_user_connections'), '0') as connections",
    "coalesce(json_value(Priv, '$.password_last_changed'), '') as changed",
    "coalesce(json_value(Priv, '$.password_lifetime'), '-1') as lifetime",
)) + "\n    from mysql.global_priv"
"""MariaDB 10.4 and later."""

_GLOBAL_MYSQL = ("Select_priv", "Insert_priv", "Update_priv", "Delete_priv", "Create_priv", "Drop_priv", "Reload_priv",
                 "Shutdown_priv", "Process_priv", "File_priv", "Grant_priv", "References_priv", "Index_priv",
                 "Alter_priv", "Show_db_priv", "Super_priv", "Create_tmp_table_priv", "Lock_tables_priv",
                 "Execute_priv", "Repl_slave_priv", "Repl_client_priv", "Create_view_priv", "Show_view_priv",
                 "Create_routine_priv", "Alter_routine_priv", "Create_user_priv", "Event_priv", "Trigger_priv",
                 "Create_tablespace_priv")
"""In the order of MariaDB's bits (``Column`` n is bit n)."""
ACCOUNTS_MYSQL = ",\n    ".join((
    "select Host as host, User as user",
    " + ".join(f"(({name} = 'Y') << {bit})" for bit, name in enumerate(_GLOBAL_MYSQL)) + " as access",
    "'0' as is_role, '' as default_role, account_locked = 'Y' as locked",
    "concat(plugin, ':', case when coalesce(authentication_string, '') = '' then 'empty' else 'set' end) as sign_in",
    "'' as sign_in_or",
    "case ssl_type when 'ANY' then '1' when 'X509' then '2' when 'SPECIFIED' then '3' else '0' end as tls",
    "max_user_connections as connections",
    "case when password_expired = 'Y' then '0' else coalesce(unix_timestamp(password_last_changed), '') end as changed",
    "coalesce(password_lifetime, -1) as lifetime",
)) + "\n    from mysql.user"
"""MySQL 8.0 and later."""
ACCOUNTS_HELPER = ("select host, user, access, is_role, default_role, locked, sign_in, sign_in_or, tls, connections, "
                   f"changed, lifetime from {HELPER}.accounts")
RESTRICTIONS_MYSQL = ("select host, user, json_extract(user_attributes, '$.Restrictions') as restrictions "
                      "from mysql.user "
                      "where json_extract(user_attributes, '$.Restrictions') is not null")
RESTRICTIONS_HELPER = f"select host, user, restrictions from {HELPER}.restrictions"

DYNAMIC_MYSQL = "select host, user, priv, with_grant_option from mysql.global_grants"
MEMBERS_MARIADB = "select Host, User, Role, Admin_option from mysql.roles_mapping"
MEMBERS_MYSQL = "select to_host, to_user, from_host, from_user, with_admin_option from mysql.role_edges"
DEFAULT_ROLES_MYSQL = "select host, user, default_role_host, default_role_user from mysql.default_roles"

DATABASE_RIGHTS = {
    "SELECT": "Select_priv", "INSERT": "Insert_priv", "UPDATE": "Update_priv", "DELETE": "Delete_priv",
    "CREATE": "Create_priv", "DROP": "Drop_priv", "GRANT": "Grant_priv", "REFERENCES": "References_priv",
    "INDEX": "Index_priv", "ALTER": "Alter_priv", "CREATE TEMPORARY TABLES": "Create_tmp_table_priv",
    "LOCK TABLES": "Lock_tables_priv", "CREATE VIEW": "Create_view_priv", "SHOW VIEW": "Show_view_priv",
    "CREATE ROUTINE": "Create_routine_priv", "ALTER ROUTINE": "Alter_routine_priv", "EXECUTE": "Execute_priv",
    "EVENT": "Event_priv", "TRIGGER": "Trigger_priv", "DELETE HISTORY": "Delete_history_priv",
}
"""Columns of ``mysql.db``; MySQL has no ``Delete_history_priv``."""


def databases(rights: list[str]) -> str:
    """The rights on databases, as one text of Y and N in the order of ``rights``."""
    return f"select Host, Db, User, concat({', '.join(DATABASE_RIGHTS[name] for name in rights)}) from mysql.db"


PROXIES = "select Host, User, Proxied_host, Proxied_user from mysql.proxies_priv"
TABLE_RIGHTS = "select Host, Db, User, Table_name, Table_priv from mysql.tables_priv where Table_priv <> ''"
COLUMN_RIGHTS = "select Host, Db, User, Table_name, Column_name, Column_priv from mysql.columns_priv"
ROUTINE_RIGHTS = "select Host, Db, User, Routine_name, Routine_type, Proc_priv from mysql.procs_priv"

SCHEMAS = "select schema_name from information_schema.schemata"
TABLES = "select table_schema, table_name, table_type from information_schema.tables where table_schema not in ({own})"
COLUMNS = ("select table_schema, table_name, column_name from information_schema.columns "
           "where table_schema not in ({own}) order by table_schema, table_name, ordinal_position")
VIEWS = ("select table_schema, table_name, security_type, definer from information_schema.views "
         "where table_schema not in ({own})")
TRIGGERS = ("select event_object_schema, event_object_table, event_manipulation from information_schema.triggers "
            "where trigger_schema not in ('mysql', 'sys')")
TRIGGERS_HELPER = f"call {HELPER}.triggers()"
ROUTINES_MARIADB = ("select db, name, type, security_type, definer, sha2(body, 256) from mysql.proc "
                    "where db not in ({own}) and type in ('PROCEDURE', 'FUNCTION', 'PACKAGE')")
ROUTINES_MYSQL = ("select routine_schema, routine_name, routine_type, security_type, definer, "
                  "sha2(routine_definition, 256) from information_schema.routines where routine_schema not in ({own})")

SETTINGS = (
    "activate_all_roles_on_login", "audit_log_policy", "automatic_sp_privileges", "bind_address",
    "default_authentication_plugin", "default_password_lifetime", "general_log", "have_ssl", "hostname",
    "local_infile", "log_bin", "lower_case_table_names", "mandatory_roles", "max_user_connections", "old_passwords",
    "partial_revokes", "read_only", "require_secure_transport", "secure_auth", "secure_file_priv",
    "server_audit_events", "server_audit_excl_users", "server_audit_incl_users", "server_audit_logging",
    "server_audit_output_type", "skip_grant_tables", "skip_name_resolve", "skip_networking", "ssl_ca", "ssl_cert",
    "strict_password_validation", "tls_version", "version_comment",
)
VARIABLES = f"show global variables where variable_name in ({', '.join(repr(name) for name in SETTINGS)})"
PLUGINS = ("select plugin_name from information_schema.plugins where plugin_status = 'ACTIVE' "
           "and plugin_type in ('AUDIT', 'AUTHENTICATION', 'PASSWORD VALIDATION')")
REPLICA = {"mariadb": "show all replicas status", "mysql": "show replica status"}
