"""A count says when it is over, so that its time may be a minute or an hour.

What was counted before is let go: it would have been over within an hour.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def _anew(column: str) -> None:
    op.drop_table('try_count')
    op.create_table('try_count',
    sa.Column('key', sa.String(), nullable=False),
    sa.Column(column, sa.DateTime(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_try_count'))
    )


def upgrade() -> None:
    _anew('until')
    op.create_index(op.f('ix_try_count_until'), 'try_count', ['until'])


def downgrade() -> None:
    op.drop_index(op.f('ix_try_count_until'), table_name='try_count')
    _anew('since')
