"""Announcements, and the emergency switch of the transmission.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('announcement',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('shown_from', sa.Date(), nullable=False),
    sa.Column('shown_to', sa.Date(), nullable=False),
    sa.Column('posted_by_label', sa.String(), nullable=False),
    sa.Column('posted_at', sa.DateTime(), nullable=False),
    sa.Column('taken_down_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint('shown_from <= shown_to', name=op.f('ck_announcement_days')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_announcement'))
    )
    op.create_index('ix_announcement_shown_to', 'announcement', ['shown_to'])
    op.add_column('tax_link', sa.Column('paused_at', sa.DateTime(), nullable=True))
    op.add_column('tax_link', sa.Column('paused_by', sa.String(), nullable=False, server_default=''))
    op.add_column('tax_link', sa.Column('pause_reason', sa.String(), nullable=False, server_default=''))


def downgrade() -> None:
    with op.batch_alter_table('tax_link') as table:
        table.drop_column('pause_reason')
        table.drop_column('paused_by')
        table.drop_column('paused_at')
    op.drop_index('ix_announcement_shown_to', table_name='announcement')
    op.drop_table('announcement')
