"""The end of the chain of events is sealed outside it, and the database refuses to change events;
former virtual units to be merged, and no further one beside the two of an area.

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
    _former_units()
    _batches()


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
        "$$ BEGIN RAISE EXCEPTION 'audit events are only ever added'"
        " USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for name, when in POSTGRESQL_TRIGGERS.items():
        op.execute(f'CREATE TRIGGER {name} {when} EXECUTE FUNCTION audit_event_refuse()')


NO_THIRD = (
    "NOT (NEW.kind = 'flexible' AND NEW.name LIKE '%灵活就业人员虚拟单位'"
    " OR NEW.kind = 'unit' AND NEW.name LIKE '%以单位费率缴费虚拟单位')"
    " AND NOT EXISTS (SELECT 1 FROM former_unit AS f"
    " WHERE NEW.kind = 'former:' || f.id AND f.division = NEW.division AND f.name = NEW.name"
    " AND f.merged_at IS NULL)"
)
MERGED = 'EXISTS (SELECT 1 FROM former_unit AS f WHERE f.division = NEW.division AND f.merged_at IS NOT NULL)'
UNIT_TRIGGERS = {
    'virtual_unit_no_third': ('BEFORE INSERT ON virtual_unit', NO_THIRD),
    'virtual_unit_stays_as_it_is': ('BEFORE UPDATE OF kind, name, division ON virtual_unit', NO_THIRD),
    'former_unit_not_after_merging': ('BEFORE INSERT ON former_unit', MERGED),
}
UNIT_FAULT = 'an area has two virtual units and takes no other'


def _former_units() -> None:
    op.create_table('former_unit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('division', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('opened_on', sa.Date(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=True),
    sa.Column('merged_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("opened_on < '2020-01-01'", name=op.f('ck_former_unit_opened_before_2020')),
    sa.ForeignKeyConstraint(['unit_id'], ['virtual_unit.id'], name=op.f('fk_former_unit_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_former_unit')),
    sa.UniqueConstraint('name', name=op.f('uq_former_unit_name')),
    sa.UniqueConstraint('unit_id', name=op.f('uq_former_unit_unit_id'))
    )
    for name, (when, condition) in UNIT_TRIGGERS.items():
        if op.get_bind().dialect.name == 'sqlite':
            op.execute(f"CREATE TRIGGER {name} {when} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{UNIT_FAULT}'); END")
        else:
            # A condition with a query in it cannot stand in WHEN there.
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN IF {condition} THEN RAISE EXCEPTION '{UNIT_FAULT}'"
                " USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
            )
            op.execute(f'CREATE TRIGGER {name} {when} FOR EACH ROW EXECUTE FUNCTION {name}()')


def _batches() -> None:
    op.create_table('batch_import',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('file_digest', sa.String(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('accepted', sa.Integer(), nullable=False),
    sa.Column('by_staff', sa.Integer(), nullable=False),
    sa.Column('started_at', sa.DateTime(), nullable=False),
    sa.Column('finished_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['by_staff'], ['staff.id'], name=op.f('fk_batch_import_by_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_batch_import')),
    sa.UniqueConstraint('file_digest', name=op.f('uq_batch_import_file_digest'))
    )
    op.create_table('batch_refusal',
    sa.Column('import_id', sa.Integer(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['batch_import.id'], name=op.f('fk_batch_refusal_import_id')),
    sa.PrimaryKeyConstraint('import_id', 'line', name=op.f('pk_batch_refusal'))
    )
    op.create_table('batch_row',
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('import_id', sa.Integer(), nullable=False),
    sa.Column('assessment_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['assessment_id'], ['assessment.id'], name=op.f('fk_batch_row_assessment_id')),
    sa.ForeignKeyConstraint(['import_id'], ['batch_import.id'], name=op.f('fk_batch_row_import_id')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_batch_row')),
    sa.UniqueConstraint('assessment_id', name=op.f('uq_batch_row_assessment_id'))
    )
    op.create_index(op.f('ix_batch_row_import_id'), 'batch_row', ['import_id'], unique=False)


def downgrade() -> None:
    op.drop_table('batch_row')
    op.drop_table('batch_refusal')
    op.drop_table('batch_import')
    for name in UNIT_TRIGGERS:
        if op.get_bind().dialect.name != 'sqlite':
            op.execute(f'DROP FUNCTION IF EXISTS {name}() CASCADE')
        else:
            op.execute(f'DROP TRIGGER IF EXISTS {name}')
    op.drop_table('former_unit')
    if op.get_bind().dialect.name == 'sqlite':
        for name in SQLITE_TRIGGERS:
            op.execute(f'DROP TRIGGER IF EXISTS {name}')
    else:
        op.execute('DROP FUNCTION IF EXISTS audit_event_refuse() CASCADE')
    with op.batch_alter_table('audit_event', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_event_staff', sqlite_where=sa.text("actor_kind = 'staff'"), postgresql_where=sa.text("actor_kind = 'staff'"))

    op.drop_table('audit_anchor')
