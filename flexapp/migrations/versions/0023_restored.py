"""Assessments made again from what the tax bureau keeps have no maker.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

MADE = '(made_by IS NULL) <> (made_by_staff IS NULL)'
MADE_OR_RESTORED = f"{MADE} OR (origin <> '' AND made_by IS NULL AND made_by_staff IS NULL)"


def upgrade() -> None:
    op.add_column('assessment', sa.Column('origin', sa.String(), server_default='', nullable=False))
    _check(MADE, MADE_OR_RESTORED)


def downgrade() -> None:
    restored = op.get_bind().execute(sa.text("SELECT count(*) FROM assessment WHERE origin <> ''")).scalar_one()
    if restored:
        raise RuntimeError(f'{restored} assessments were restored: the version before cannot hold them')
    _check(MADE_OR_RESTORED, MADE)
    op.drop_column('assessment', 'origin')


def _check(old: str, new: str) -> None:
    if op.get_bind().dialect.name != 'sqlite':
        op.drop_constraint(op.f('ck_assessment_maker'), 'assessment', type_='check')
        op.create_check_constraint(op.f('ck_assessment_maker'), 'assessment', new)
        return
    # SQLite changes no constraint in place, and drops no table while other rows point to it. Its
    # documentation (ALTER TABLE, "Making other kinds of table schema changes") gives this way for
    # changes that touch no row.
    bind = op.get_bind()
    (version,) = bind.exec_driver_sql('PRAGMA schema_version').one()
    bind.exec_driver_sql('PRAGMA writable_schema=ON')
    changed = bind.execute(
        sa.text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'assessment'"),
        {'old': f'CHECK ({old})', 'new': f'CHECK ({new})'},
    )
    assert changed.rowcount == 1
    bind.exec_driver_sql(f'PRAGMA schema_version={version + 1}')
    bind.exec_driver_sql('PRAGMA writable_schema=OFF')
    (made,) = bind.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'assessment'").one()
    if f'CHECK ({new})' not in made:
        raise RuntimeError('the constraint ck_assessment_maker is not as it was made')
