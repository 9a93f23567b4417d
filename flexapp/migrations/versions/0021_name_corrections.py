"""Names corrected at a hall, with those of before.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table('name_correction',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('old_name', sa.Text(), nullable=False),
    sa.Column('new_name', sa.Text(), nullable=False),
    sa.Column('document', sa.String(), nullable=False),
    sa.Column('document_end', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('proposed_by', sa.Integer(), nullable=False),
    sa.Column('proposed_label', sa.String(), nullable=False),
    sa.Column('proposed_at', sa.DateTime(), nullable=False),
    sa.Column('decided_label', sa.String(), nullable=False),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_name_correction_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_name_correction'))
    )
    op.create_index('ix_name_correction_person', 'name_correction', ['person_id'])
    op.create_index(
        'uq_name_correction_waiting', 'name_correction', ['person_id'], unique=True,
        sqlite_where=WAITING, postgresql_where=WAITING,
    )


def downgrade() -> None:
    op.drop_index('uq_name_correction_waiting', table_name='name_correction')
    op.drop_index('ix_name_correction_person', table_name='name_correction')
    op.drop_table('name_correction')
