"""A revision of the reference data, replaced by triggers whenever one of its tables changes.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

TABLES = (
    'announcement',
    'channel',
    'channel_switch',
    'channel_webview',
    'declaration_year',
    'pilot_place',
    'publication',
)
OF_SQLITE = 'lower(hex(randomblob(16)))'
OF_POSTGRESQL = "replace(gen_random_uuid()::text, '-', '')"


def upgrade() -> None:
    op.create_table(
        'reference_revision',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('token', sa.String(), nullable=False),
        sa.CheckConstraint('id = 1', name=op.f('ck_reference_revision_one')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reference_revision')),
    )
    if op.get_bind().dialect.name == 'sqlite':
        op.execute(f'INSERT INTO reference_revision (id, token) VALUES (1, {OF_SQLITE})')
        for table in TABLES:
            for when in ('insert', 'update', 'delete'):
                op.execute(
                    f'CREATE TRIGGER {table}_revised_by_{when} AFTER {when.upper()} ON {table} '
                    f'BEGIN UPDATE reference_revision SET token = {OF_SQLITE}; END'
                )
        return
    op.execute(f'INSERT INTO reference_revision (id, token) VALUES (1, {OF_POSTGRESQL})')
    op.execute(
        'CREATE FUNCTION reference_revise() RETURNS trigger LANGUAGE plpgsql AS '
        f'$$ BEGIN UPDATE reference_revision SET token = {OF_POSTGRESQL}; RETURN NULL; END $$'
    )
    for table in TABLES:
        op.execute(
            f'CREATE TRIGGER {table}_revised AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE'
            f' ON {table} FOR EACH STATEMENT EXECUTE FUNCTION reference_revise()'
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        for table in TABLES:
            for when in ('insert', 'update', 'delete'):
                op.execute(f'DROP TRIGGER {table}_revised_by_{when}')
    else:
        for table in TABLES:
            op.execute(f'DROP TRIGGER {table}_revised ON {table}')
        op.execute('DROP FUNCTION reference_revise()')
    op.drop_table('reference_revision')
