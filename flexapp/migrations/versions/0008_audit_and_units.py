"""The end of the chain of events is sealed outside it, and the database refuses to change events.

Revision ID: 0008
Revises: 0007
"""

import hashlib
import hmac

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

GENESIS = '0' * 64

SQLITE_TRIGGERS = {
    'audit_event_unchanged': 'BEFORE UPDATE ON audit_event',
    'audit_event_kept': 'BEFORE DELETE ON audit_event',
    # INSERT OR REPLACE would take a row away without any DELETE that a trigger sees.
    'audit_event_not_replaced': (
        'BEFORE INSERT ON audit_event WHEN EXISTS (SELECT 1 FROM audit_event WHERE seq = NEW.seq)'
    ),
}
POSTGRESQL_TRIGGERS = {
    'audit_event_unchanged': 'BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW',
    'audit_event_kept': 'BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT',
}


def upgrade() -> None:
    op.create_table('audit_anchor',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('seal', sa.String(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_audit_anchor_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_anchor'))
    )
    with op.batch_alter_table('audit_event', schema=None) as batch_op:
        batch_op.create_index('ix_audit_event_staff', ['actor_id', 'seq'], unique=False, sqlite_where=sa.text("actor_kind = 'staff'"), postgresql_where=sa.text("actor_kind = 'staff'"))
    _anchor()
    _refuse_changes()


def _anchor() -> None:
    """Seal what there is; a missing anchor is never made up for later, it counts as removed."""
    connection = op.get_bind()
    last = connection.execute(
        sa.text('SELECT seq, digest FROM audit_event ORDER BY seq DESC LIMIT 1')
    ).first()
    seq, digest = (0, GENESIS) if last is None else (last[0], last[1])
    key = current_app.config['SETTINGS'].index_key
    seal = hmac.new(key, f'audit.anchor\0{seq}\0{digest}'.encode(), hashlib.sha256).hexdigest()
    connection.execute(
        sa.text('INSERT INTO audit_anchor (id, seq, digest, seal) VALUES (1, :seq, :digest, :seal)'),
        {'seq': seq, 'digest': digest, 'seal': seal},
    )


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        for name, when in SQLITE_TRIGGERS.items():
            op.execute(
                f"CREATE TRIGGER {name} {when} "
                "BEGIN SELECT RAISE(ABORT, 'audit events are only ever added'); END"
            )
        return
    op.execute(
        'CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS '
        "$$ BEGIN RAISE EXCEPTION 'audit events are only ever added'; END $$"
    )
    for name, when in POSTGRESQL_TRIGGERS.items():
        op.execute(f'CREATE TRIGGER {name} {when} EXECUTE FUNCTION audit_event_refuse()')


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        for name in SQLITE_TRIGGERS:
            op.execute(f'DROP TRIGGER IF EXISTS {name}')
    else:
        op.execute('DROP FUNCTION IF EXISTS audit_event_refuse() CASCADE')
    with op.batch_alter_table('audit_event', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_event_staff', sqlite_where=sa.text("actor_kind = 'staff'"), postgresql_where=sa.text("actor_kind = 'staff'"))

    op.drop_table('audit_anchor')
