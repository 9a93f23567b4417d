"""Signed messages that were taken are remembered, so that none is taken twice.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('seen_message',
    sa.Column('issuer', sa.String(), nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('until', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('issuer', 'id', name=op.f('pk_seen_message'))
    )
    with op.batch_alter_table('seen_message', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_seen_message_until'), ['until'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('seen_message', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_seen_message_until'))

    op.drop_table('seen_message')
