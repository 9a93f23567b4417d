"""Which look of the pages an account chose: 长辈版, the usual one, or nothing yet.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('account', sa.Column('elder', sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column('account', 'elder')
