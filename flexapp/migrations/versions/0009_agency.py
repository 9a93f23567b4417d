"""What the agency publishes.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('publication',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('rows', sa.Text(), nullable=False),
    sa.Column('document', sa.String(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('document_date', sa.Date(), nullable=False),
    sa.Column('effective_from', sa.Date(), nullable=False),
    sa.Column('in_force_from', sa.Date(), nullable=True),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('proposed_by', sa.Integer(), nullable=False),
    sa.Column('proposed_by_label', sa.String(), nullable=False),
    sa.Column('proposed_at', sa.DateTime(), nullable=False),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decided_by_label', sa.String(), nullable=False),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint(
        "status <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by)",
        name=op.f('ck_publication_two_people'),
    ),
    sa.CheckConstraint(
        "(status = 'confirmed') = (in_force_from IS NOT NULL)",
        name=op.f('ck_publication_in_force'),
    ),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_publication'))
    )
    op.create_table('pilot_place',
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('open_from', sa.Date(), nullable=True),
    sa.Column('closed_since', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('kind', 'code', name=op.f('pk_pilot_place'))
    )


def downgrade() -> None:
    op.drop_table('pilot_place')
    op.drop_table('publication')
