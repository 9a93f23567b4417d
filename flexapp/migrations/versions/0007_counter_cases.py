"""Clerks make assessments too, for the people whose cases they opened.

Revision ID: 0007
Revises: 0006
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

MAKER = '(made_by IS NULL) <> (made_by_staff IS NULL)'


def upgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        _make_anew(made_by_clerks=True)
    else:
        op.add_column('assessment', sa.Column('made_by_staff', sa.Integer(), nullable=True))
        op.alter_column('assessment', 'made_by', existing_type=sa.Integer(), nullable=True)
        op.create_foreign_key(op.f('fk_assessment_made_by_staff'), 'assessment', 'staff', ['made_by_staff'], ['id'])
        op.create_check_constraint(op.f('ck_assessment_maker'), 'assessment', MAKER)

    op.create_table('counter_case',
    sa.Column('token', sa.String(), nullable=False),
    sa.Column('staff_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_counter_case_person_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_counter_case_staff_id')),
    sa.PrimaryKeyConstraint('token', name=op.f('pk_counter_case')),
    sa.UniqueConstraint('staff_id', 'person_id', name=op.f('uq_counter_case_staff_id_person_id'))
    )
    op.add_column('person', sa.Column('original_age', sa.String(), nullable=True))
    op.add_column('person', sa.Column('approved_month', sa.String(), nullable=True))


def downgrade() -> None:
    made = op.get_bind().execute(sa.text('SELECT count(*) FROM assessment WHERE made_by IS NULL')).scalar_one()
    if made:
        raise RuntimeError(f'{made} assessments were made by clerks: the version before cannot hold them')
    # What a hall recorded of a retirement would be lost, and with it what bounds the months.
    op.drop_column('person', 'approved_month')
    op.drop_column('person', 'original_age')
    op.drop_table('counter_case')
    if op.get_bind().dialect.name == 'sqlite':
        _make_anew(made_by_clerks=False)
    else:
        op.drop_constraint(op.f('ck_assessment_maker'), 'assessment', type_='check')
        op.drop_constraint(op.f('fk_assessment_made_by_staff'), 'assessment', type_='foreignkey')
        op.drop_column('assessment', 'made_by_staff')
        op.alter_column('assessment', 'made_by', existing_type=sa.Integer(), nullable=False)


def _make_anew(*, made_by_clerks: bool) -> None:
    """The table with its rows once more: SQLite changes no column in place, and drops no table
    while other rows point to it. Not in a batch, which writes the constraints in any order."""
    op.execute('CREATE TEMP TABLE months_aside AS SELECT * FROM assessed_month')
    op.execute('DELETE FROM assessed_month')
    columns: list[sa.Column[Any]] = [
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('serial', sa.String(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=False),
        sa.Column('division', sa.String(), nullable=False),
        sa.Column('kind', sa.String(), nullable=False),
        sa.Column('start_month', sa.String(), nullable=False),
        sa.Column('end_month', sa.String(), nullable=False),
        sa.Column('months', sa.Integer(), nullable=False),
        sa.Column('entered', sa.String(), nullable=False),
        sa.Column('meaning', sa.String(), nullable=False),
        sa.Column('bound', sa.String(), nullable=False),
        sa.Column('monthly_base', sa.BigInteger(), nullable=False),
        sa.Column('period_base', sa.BigInteger(), nullable=False),
        sa.Column('monthly_amount', sa.BigInteger(), nullable=False),
        sa.Column('total', sa.BigInteger(), nullable=False),
        sa.Column('parameters', sa.Text(), nullable=False),
        sa.Column('made_by', sa.Integer(), nullable=made_by_clerks),
        sa.Column('made_by_label', sa.String(), nullable=False),
        sa.Column('by_proxy', sa.Boolean(), nullable=False),
        sa.Column('channel', sa.String(), nullable=False),
        sa.Column('made_at', sa.DateTime(), nullable=False),
        sa.Column('state', sa.String(), nullable=False),
        sa.Column('state_at', sa.DateTime(), nullable=False),
        sa.Column('claimed', sa.Boolean(), nullable=False),
        sa.Column('held_up', sa.String(), server_default='', nullable=False),
    ]
    names = ', '.join(column.name for column in columns)
    more: list[sa.Constraint] = []
    if made_by_clerks:
        columns.append(sa.Column('made_by_staff', sa.Integer(), nullable=True))
        more = [
            sa.ForeignKeyConstraint(['made_by_staff'], ['staff.id'], name=op.f('fk_assessment_made_by_staff')),
            sa.CheckConstraint(MAKER, name=op.f('ck_assessment_maker')),
        ]
    op.create_table('assessment_anew',
    *columns,
    sa.ForeignKeyConstraint(['made_by'], ['account.id'], name=op.f('fk_assessment_made_by')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_assessment_person_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['virtual_unit.id'], name=op.f('fk_assessment_unit_id')),
    *more,
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assessment')),
    sa.UniqueConstraint('serial', name=op.f('uq_assessment_serial'))
    )
    op.execute(f'INSERT INTO assessment_anew ({names}) SELECT {names} FROM assessment')
    op.drop_table('assessment')
    op.rename_table('assessment_anew', 'assessment')
    op.create_index('ix_assessment_person', 'assessment', ['person_id', 'id'], unique=False)
    op.create_index('ix_assessment_state', 'assessment', ['state', 'id'], unique=False)
    op.execute('INSERT INTO assessed_month SELECT * FROM months_aside')
    op.execute('DROP TABLE months_aside')
