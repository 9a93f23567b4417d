"""Vendors make channels for a day, to try launches out; used in the demo alone.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('sandbox_channel',
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_sandbox_channel'))
    )
    with op.batch_alter_table('sandbox_channel', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sandbox_channel_made_at'), ['made_at'], unique=False)


def downgrade() -> None:
    # Without the table that says when they end, their keys would stay for ever.
    op.execute("DELETE FROM channel_key WHERE channel LIKE 'sandbox-%'")
    with op.batch_alter_table('sandbox_channel', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sandbox_channel_made_at'))

    op.drop_table('sandbox_channel')
