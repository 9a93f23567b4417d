"""The outbox keeps what it sends and what was answered; events replace the polled feed.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in batches: those copy a whole table, and both engines can add and drop a column in place.
    op.add_column('outbox_message', sa.Column('content', sa.Text(), nullable=True))
    op.add_column('outbox_message', sa.Column('digest', sa.String(), nullable=False, server_default=''))
    op.add_column('outbox_message', sa.Column('failures', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('outbox_message', sa.Column('proof', sa.Text(), nullable=False, server_default=''))
    op.add_column('assessment', sa.Column('held_up', sa.String(), nullable=False, server_default=''))
    op.execute("UPDATE assessment SET held_up = 'down' WHERE delayed")
    op.drop_column('assessment', 'delayed')

    op.create_table('tax_event',
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('cursor', sa.Integer(), nullable=False),
    sa.Column('serial', sa.String(), nullable=False),
    sa.Column('event', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('proof', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_tax_event'))
    )
    with op.batch_alter_table('tax_event', schema=None) as batch_op:
        batch_op.create_index('ix_tax_event_serial', ['serial', 'cursor'], unique=False)
    # The feed counted events, the new cursors count everything: 0 is older than any of them.
    op.execute(
        "INSERT INTO tax_event (event_id, cursor, serial, event, at, outcome, digest, proof)"
        " SELECT event_id, 0, serial, event, at, 'applied', '', '' FROM tax_change"
    )
    with op.batch_alter_table('tax_change', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_tax_change_cursor'))
    op.drop_table('tax_change')

    op.create_table('tax_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('cursor', sa.Integer(), nullable=False),
    sa.Column('compared_at', sa.DateTime(), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('settled_at', sa.DateTime(), nullable=True),
    sa.Column('down_since', sa.DateTime(), nullable=True),
    sa.Column('probe_at', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tax_link'))
    )
    op.execute("INSERT INTO tax_link (id, cursor, failures) VALUES (1, 0, 0)")
    op.create_table('tax_finding',
    sa.Column('serial', sa.String(), nullable=False),
    sa.Column('difference', sa.Text(), nullable=False),
    sa.Column('found_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('serial', name=op.f('pk_tax_finding'))
    )


def downgrade() -> None:
    op.drop_table('tax_finding')
    op.drop_table('tax_link')
    op.create_table('tax_change',
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('cursor', sa.Integer(), nullable=False),
    sa.Column('serial', sa.String(), nullable=False),
    sa.Column('event', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_tax_change'))
    )
    with op.batch_alter_table('tax_change', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_tax_change_cursor'), ['cursor'], unique=False)
    op.execute(
        "INSERT INTO tax_change (event_id, cursor, serial, event, at, outcome)"
        " SELECT event_id, cursor, serial, event, at, outcome FROM tax_event"
    )
    with op.batch_alter_table('tax_event', schema=None) as batch_op:
        batch_op.drop_index('ix_tax_event_serial')
    op.drop_table('tax_event')

    op.add_column('assessment', sa.Column('delayed', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE assessment SET delayed = (held_up = 'down')")
    op.drop_column('assessment', 'held_up')
    for name in ('proof', 'failures', 'digest', 'content'):
        op.drop_column('outbox_message', name)
