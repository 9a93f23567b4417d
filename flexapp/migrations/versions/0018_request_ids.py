"""Which request wanted a message to the tax bureau, and when a sender was last at work.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('outbox_message', sa.Column('request_id', sa.String(), server_default='', nullable=False))
    op.add_column('tax_link', sa.Column('sender_seen_at', sa.DateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column('tax_link', 'sender_seen_at')
    op.drop_column('outbox_message', 'request_id')
