"""Second factors, passkeys, recovery codes, sessions that can be listed and ended, handles and kinds of tenants.

Everybody is signed out, and one-time links given before are void.
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        for table in ("tenants", "plan_uploads"):  # a forced wall hides rows from the owner; it is put up again
            op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.drop_table("sessions")
    op.drop_table("links")
    op.execute("DELETE FROM plan_uploads")  # lists being looked at before import, which name a person
    _tenants()
    _people()
    _signing_in()
    _factors()
    _warnings()


def _tenants() -> None:
    op.add_column("tenants", sa.Column("handle", sa.Text(), nullable=False, server_default=sa.text("''"),
                                       comment="people sign in as NAME@HANDLE"))
    op.add_column("tenants", sa.Column("kind", sa.Text(), nullable=False, server_default="office",
                                       comment="office, campaign or firm"))
    connection, taken = op.get_bind(), set()
    for tenant, name in connection.execute(sa.text("SELECT id, name FROM tenants ORDER BY created, id")).all():
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
        base = re.sub("[^a-z0-9]+", "-", plain).strip("-")[:28].strip("-") or "office"
        handle = next(one for one in (base, *(f"{base}-{number}" for number in range(2, 1_000_000)))
                      if one not in taken)
        taken.add(handle)
        connection.execute(sa.text("UPDATE tenants SET handle = :handle WHERE id = :id"),
                           {"handle": handle, "id": tenant})
    op.create_index("ix_tenants_handle", "tenants", ["handle"], unique=True)


def _people() -> None:
    with op.batch_alter_table("people") as batch:
        batch.add_column(sa.Column("email", sa.Text(), comment="where notices go; none for nowhere"))
        batch.add_column(sa.Column("language", sa.Text(), comment="en or fr; none follows the browser"))
        batch.add_column(sa.Column("invited", MOMENT, comment="while the invitation is not accepted"))
        batch.alter_column("password", existing_type=sa.Text(), existing_nullable=True,
                           comment="argon2id; none means sign-in by passkey or one-time link alone")
        batch.drop_constraint("uq_people_name", type_="unique")
        batch.create_unique_constraint("uq_people_tenant_name", ["tenant", "name"])


def _signing_in() -> None:
    op.create_table("sessions",
        sa.Column("secret", sa.Text(), nullable=False, comment="SHA-256 of what the cookie holds"),
        sa.Column("id", sa.Text(), nullable=False, comment="what it is called in a list: no secret"),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("person", NUMBER, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("seen", MOMENT, nullable=False),
        sa.Column("via", sa.Text(), nullable=False, comment="password, passkey, single or link"),
        sa.Column("proven", sa.Boolean(), nullable=False, comment="a second factor was proven, or cannot be asked"),
        sa.Column("acting", NUMBER, comment="the engagement a reviewer looks at"),
        sa.Column("peer", sa.Text(), nullable=False, comment="the address it was started from"),
        sa.Column("device", sa.Text(), nullable=False, comment="browser and system, in short"),
        sa.Column("ended", MOMENT, comment="by somebody, before its time"),
        sa.Column("why", sa.Text(), comment="of ended: a word"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_sessions_person"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_sessions_tenant"),
        sa.PrimaryKeyConstraint("secret", name="pk_sessions"),
        sa.UniqueConstraint("id", name="uq_sessions_id"))
    op.create_index("ix_sessions_person", "sessions", ["person"])
    op.create_table("links",
        sa.Column("secret", sa.Text(), nullable=False, comment="SHA-256 of the secret in the link"),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("person", NUMBER, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False, comment="sign-in or invitation"),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.Column("used", MOMENT),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_links_person"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_links_tenant"),
        sa.PrimaryKeyConstraint("secret", name="pk_links"))


def _factors() -> None:
    op.create_table("authenticators",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("person", NUMBER, autoincrement=False, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False, comment="sealed with the key of the data directory"),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False,
                  comment="of the last code taken: none at or before it is again"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_authenticators_person"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_authenticators_tenant"),
        sa.PrimaryKeyConstraint("person", name="pk_authenticators"))
    op.create_table("passkeys",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("person", NUMBER, nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False, comment="its id, given by the device"),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="COSE"),
        sa.Column("signatures", sa.BigInteger(), nullable=False,
                  comment="how many it made, as the device counts; often 0"),
        sa.Column("host", sa.Text(), nullable=False, comment="the name of this server that it was made for"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("used", MOMENT),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_passkeys_person"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_passkeys_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.UniqueConstraint("credential", name="uq_passkeys_credential"))
    op.create_index("ix_passkeys_tenant_person", "passkeys", ["tenant", "person"])
    op.create_table("recovery_codes",
        sa.Column("code", sa.Text(), nullable=False, comment="SHA-256 of the code with its person"),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("person", NUMBER, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("used", MOMENT),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_recovery_codes_person"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_recovery_codes_tenant"),
        sa.PrimaryKeyConstraint("code", name="pk_recovery_codes"))
    op.create_index("ix_recovery_codes_tenant_person", "recovery_codes", ["tenant", "person"])
    op.create_table("used_challenges",
        sa.Column("challenge", sa.Text(), nullable=False, comment="SHA-256 of it"),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_used_challenges_tenant"),
        sa.PrimaryKeyConstraint("challenge", name="pk_used_challenges"))


def _warnings() -> None:
    op.create_table("warnings",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="what happened, as one word"),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="person:NAME or console:LOGIN"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_warnings_tenant"),
        sa.PrimaryKeyConstraint("id", name="pk_warnings"))
    op.create_index("ix_warnings_tenant", "warnings", ["tenant", "id"])
    op.create_table("warnings_seen",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("warning", NUMBER, autoincrement=False, nullable=False),
        sa.Column("person", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_warnings_seen_person"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name="fk_warnings_seen_tenant"),
        sa.ForeignKeyConstraint(["warning"], ["warnings.id"], name="fk_warnings_seen_warning"),
        sa.PrimaryKeyConstraint("warning", "person", name="pk_warnings_seen"))
