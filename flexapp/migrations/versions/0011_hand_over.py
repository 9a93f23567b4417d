"""Cases begun in one place and finished in another.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('hand_over',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('place', sa.String(), nullable=False),
    sa.Column('code_digest', sa.String(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('expires_at', sa.DateTime(), nullable=False),
    sa.Column('taken_by', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_hand_over_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hand_over')),
    sa.UniqueConstraint('code_digest', name=op.f('uq_hand_over_code_digest'))
    )
    op.create_index('ix_hand_over_person', 'hand_over', ['person_id', 'action'])
    op.create_index(op.f('ix_hand_over_expires_at'), 'hand_over', ['expires_at'])
    op.create_table('try_count',
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('since', sa.DateTime(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_try_count'))
    )


def downgrade() -> None:
    op.drop_table('try_count')
    op.drop_index(op.f('ix_hand_over_expires_at'), table_name='hand_over')
    op.drop_index('ix_hand_over_person', table_name='hand_over')
    op.drop_table('hand_over')
