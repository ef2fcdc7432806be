"""Accounts, their tasks, and what they say in the chat."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP, UUID

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        _id(),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        _now("created_at"),
        sa.UniqueConstraint("email", name="accounts_email_key"),
        sa.CheckConstraint("email = lower(email)", name="accounts_email_lower_check"),
    )
    op.create_table(
        "tasks",
        _id(),
        _account("tasks"),
        sa.Column("title", sa.String(200), nullable=False),
        _now("created_at"),
        sa.Column("done_at", TIMESTAMP(timezone=True)),
        sa.CheckConstraint("title <> ''", name="tasks_title_not_empty_check"),
    )
    op.create_index("tasks_of_account", "tasks", ["account_id", "created_at", "id"])
    op.create_table("conversations", _id(), _account("conversations"), _now("created_at"), _now("changed_at"))
    op.create_index("conversations_of_account", "conversations", ["account_id", "changed_at"])
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
        sa.Column(
            "conversation_id",
            UUID,
            sa.ForeignKey("conversations.id", ondelete="CASCADE", name="messages_conversation_id_fkey"),
            nullable=False,
        ),
        sa.Column("role", sa.String(9), nullable=False),
        sa.Column("text", sa.String(20_000), nullable=False),
        _now("created_at"),
        sa.CheckConstraint("role IN ('user', 'assistant')", name="messages_role_known_check"),
    )
    op.create_index("messages_of_conversation", "messages", ["conversation_id", "id"])


def downgrade() -> None:
    for table in ("messages", "conversations", "tasks", "accounts"):
        op.drop_table(table)


def _id() -> sa.Column[object]:
    return sa.Column("id", UUID, primary_key=True, server_default=sa.text("gen_random_uuid()"))


def _account(table: str) -> sa.Column[object]:
    belongs = sa.ForeignKey("accounts.id", ondelete="CASCADE", name=f"{table}_account_id_fkey")
    return sa.Column("account_id", UUID, belongs, nullable=False)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now())
