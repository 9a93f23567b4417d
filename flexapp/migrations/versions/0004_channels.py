"""Channels are added, switched and given keys without a change of code; launches from their apps.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('channel',
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('category', sa.String(), nullable=False),
    sa.Column('download', sa.String(), nullable=True),
    sa.Column('download_android', sa.String(), nullable=True),
    sa.Column('download_ios', sa.String(), nullable=True),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_channel')),
    sa.UniqueConstraint('name', name=op.f('uq_channel_name'))
    )
    op.create_table('channel_switch',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_channel_switch'))
    )
    with op.batch_alter_table('channel_switch', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_channel_switch_code'), ['code'], unique=False)

    op.create_table('channel_key',
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('kid', sa.String(), nullable=False),
    sa.Column('jwk', sa.String(), nullable=False),
    sa.Column('added_at', sa.DateTime(), nullable=False),
    sa.Column('retired_at', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('channel', 'kid', name=op.f('pk_channel_key'))
    )
    op.create_table('channel_webview',
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('title_bar', sa.String(), nullable=False),
    sa.Column('bridge', sa.String(), nullable=False),
    sa.Column('frame_ancestors', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_channel_webview'))
    )
    op.create_table('launch',
    sa.Column('code_digest', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('identity', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('target', sa.String(), nullable=False),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.Column('expires_at', sa.DateTime(), nullable=False),
    sa.Column('used_at', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('code_digest', name=op.f('pk_launch'))
    )
    with op.batch_alter_table('launch', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_launch_expires_at'), ['expires_at'], unique=False)

    op.add_column('account', sa.Column('vouched_by', sa.String(), nullable=True))
    # Every session that was begun before came by phone number and code.
    op.add_column('sign_in', sa.Column('channel', sa.String(), server_default='phone', nullable=False))


def downgrade() -> None:
    # Sessions that an app began would pass for ones of the phone's holder: they end here.
    op.execute("DELETE FROM sign_in WHERE channel <> 'phone'")
    # A number that only an app vouched for would open the person's account to whoever holds it.
    op.execute("UPDATE account SET person_id = NULL, real_name_at = NULL WHERE vouched_by IS NOT NULL")
    # Not in a batch: SQLite would make the tables anew, and others point to their rows.
    op.drop_column('sign_in', 'channel')
    op.drop_column('account', 'vouched_by')
    with op.batch_alter_table('launch', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_launch_expires_at'))

    op.drop_table('launch')
    op.drop_table('channel_webview')
    op.drop_table('channel_key')
    with op.batch_alter_table('channel_switch', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_channel_switch_code'))

    op.drop_table('channel_switch')
    op.drop_table('channel')
