"""What people say of finished cases (好差评); once said it is not changed.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

SAID = 'case_seq, business, channel, division, level, sentence, account_id, created_at'
TRIGGERS = {
    'rating_unchanged': (f'BEFORE UPDATE OF {SAID} ON rating', ''),
    'rating_answered_once': ('BEFORE UPDATE ON rating', 'WHEN (OLD.handled_at IS NOT NULL)'),
    'rating_kept': ('BEFORE DELETE ON rating', ''),
}
FAULT = 'a rating is not changed'


def upgrade() -> None:
    op.create_table('rating',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_seq', sa.Integer(), nullable=False),
    sa.Column('business', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('division', sa.String(), nullable=False),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('sentence', sa.Text(), nullable=True),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('handled_at', sa.DateTime(), nullable=True),
    sa.Column('handled_by', sa.Integer(), nullable=True),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.CheckConstraint('(handled_at IS NULL) = (handled_by IS NULL)', name=op.f('ck_rating_handled')),
    sa.CheckConstraint('level BETWEEN 1 AND 5', name=op.f('ck_rating_level')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_rating_account_id_account')),
    sa.ForeignKeyConstraint(['handled_by'], ['staff.id'], name=op.f('fk_rating_handled_by_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rating')),
    sa.UniqueConstraint('case_seq', name=op.f('uq_rating_case_seq'))
    )
    op.create_index('ix_rating_account', 'rating', ['account_id', 'id'])
    op.create_index('ix_rating_created_at', 'rating', ['created_at'])
    still_open = sa.text('level <= 2 AND handled_at IS NULL')
    op.create_index('ix_rating_open', 'rating', ['id'], sqlite_where=still_open, postgresql_where=still_open)
    if op.get_bind().dialect.name == 'sqlite':
        for name, (when, condition) in TRIGGERS.items():
            op.execute(f"CREATE TRIGGER {name} {when} {condition} BEGIN SELECT RAISE(ABORT, '{FAULT}'); END")
        return
    op.execute(
        'CREATE FUNCTION rating_refuse() RETURNS trigger LANGUAGE plpgsql AS '
        f"$$ BEGIN RAISE EXCEPTION '{FAULT}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for name, (when, condition) in TRIGGERS.items():
        op.execute(f'CREATE TRIGGER {name} {when} FOR EACH ROW {condition} EXECUTE FUNCTION rating_refuse()')


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        for name in TRIGGERS:
            op.execute(f'DROP TRIGGER IF EXISTS {name}')
    else:
        op.execute('DROP FUNCTION IF EXISTS rating_refuse() CASCADE')
    op.drop_index('ix_rating_open', table_name='rating')
    op.drop_index('ix_rating_created_at', table_name='rating')
    op.drop_index('ix_rating_account', table_name='rating')
    op.drop_table('rating')
