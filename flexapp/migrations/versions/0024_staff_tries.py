"""Wrong passwords are counted with the other limits (try_count), for whoever types them.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column('staff', 'failures')
    op.drop_column('staff', 'locked_until')


def downgrade() -> None:
    op.add_column('staff', sa.Column('locked_until', sa.DateTime(), nullable=True))
    op.add_column('staff', sa.Column('failures', sa.Integer(), nullable=False, server_default='0'))
