"""An index by which what was done in a stretch of time is counted.

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_audit_event_action', 'audit_event', ['action', 'at'])


def downgrade() -> None:
    op.drop_index('ix_audit_event_action', table_name='audit_event')
