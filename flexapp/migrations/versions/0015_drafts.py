"""What was typed into a form and not submitted.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('draft',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('form', sa.String(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('saved_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_draft_account_id_account')),
    sa.PrimaryKeyConstraint('account_id', 'form', name=op.f('pk_draft'))
    )
    op.create_index(op.f('ix_draft_saved_at'), 'draft', ['saved_at'])


def downgrade() -> None:
    op.drop_index(op.f('ix_draft_saved_at'), table_name='draft')
    op.drop_table('draft')
