"""Accounts are closed, and ratings let go of theirs.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

FAULT = 'a rating is not changed'
SAID = 'case_seq, business, channel, division, level, sentence, created_at'
SAID_BEFORE = SAID.replace('sentence,', 'sentence, account_id,')
BEFORE = {
    'rating_unchanged': (f'BEFORE UPDATE OF {SAID_BEFORE} ON rating', ''),
    'rating_answered_once': ('BEFORE UPDATE ON rating', 'WHEN (OLD.handled_at IS NOT NULL)'),
    'rating_kept': ('BEFORE DELETE ON rating', ''),
}
NOW = {
    'rating_unchanged': (f'BEFORE UPDATE OF {SAID} ON rating', ''),
    'rating_only_let_go': ('BEFORE UPDATE OF account_id ON rating', 'WHEN (NEW.account_id IS NOT NULL)'),
    'rating_answered_once': (
        'BEFORE UPDATE OF handled_at, handled_by, answer ON rating', 'WHEN (OLD.handled_at IS NOT NULL)'
    ),
    'rating_kept': ('BEFORE DELETE ON rating', ''),
}


def upgrade() -> None:
    op.add_column('account', sa.Column('closed_at', sa.DateTime(), nullable=True))
    _change_rating(may_let_go=True)


def downgrade() -> None:
    for query, what in (
        ('SELECT count(*) FROM rating WHERE account_id IS NULL', 'ratings have no account any more'),
        ('SELECT count(*) FROM account WHERE closed_at IS NOT NULL', 'accounts are closed'),
    ):
        number = op.get_bind().execute(sa.text(query)).scalar_one()
        if number:
            raise RuntimeError(f'{number} {what}: the version before cannot hold that')
    _change_rating(may_let_go=False)
    op.drop_column('account', 'closed_at')


def _change_rating(*, may_let_go: bool) -> None:
    old, new = (BEFORE, NOW) if may_let_go else (NOW, BEFORE)
    sqlite = op.get_bind().dialect.name == 'sqlite'
    for name in old:
        op.execute(f'DROP TRIGGER {name}' if sqlite else f'DROP TRIGGER {name} ON rating')
    if sqlite:
        _make_anew(may_let_go=may_let_go)
    else:
        op.alter_column('rating', 'account_id', existing_type=sa.Integer(), nullable=may_let_go)
    for name, (when, condition) in new.items():
        if sqlite:
            op.execute(f"CREATE TRIGGER {name} {when} {condition} BEGIN SELECT RAISE(ABORT, '{FAULT}'); END")
        else:
            op.execute(f'CREATE TRIGGER {name} {when} FOR EACH ROW {condition} EXECUTE FUNCTION rating_refuse()')


def _make_anew(*, may_let_go: bool) -> None:
    """The table with its rows once more: SQLite changes no column in place."""
    op.create_table('rating_anew',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_seq', sa.Integer(), nullable=False),
    sa.Column('business', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('division', sa.String(), nullable=False),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('sentence', sa.Text(), nullable=True),
    sa.Column('account_id', sa.Integer(), nullable=may_let_go),
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
    op.execute('INSERT INTO rating_anew SELECT * FROM rating')
    op.drop_table('rating')
    op.rename_table('rating_anew', 'rating')
    op.create_index('ix_rating_account', 'rating', ['account_id', 'id'])
    op.create_index('ix_rating_created_at', 'rating', ['created_at'])
    still_open = sa.text('level <= 2 AND handled_at IS NULL')
    op.create_index('ix_rating_open', 'rating', ['id'], sqlite_where=still_open)
