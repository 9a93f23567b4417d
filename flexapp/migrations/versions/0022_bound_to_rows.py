"""What people type of an event is encrypted, and events vouch for rows.

Reasons that wait to be sent, and the tax bureau's signed answers and events, are encrypted where
they are, each bound to its row. Reasons in events of before stay as they were written: an event
never changes. Every other encrypted value is bound to its row by `flask keys rotate`.

Revision ID: 0022
Revises: 0021
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from flexapp.encryption import vault

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

PLAIN = (('outbox_message', 'id', ('reason', 'proof')), ('tax_event', 'event_id', ('proof',)))
MANY = 1000


def upgrade() -> None:
    op.add_column('audit_event', sa.Column('words', sa.String(), nullable=True))
    op.add_column('audit_event', sa.Column('rows', sa.Text(), nullable=True))
    op.create_table('audit_words',
    sa.Column('ref', sa.String(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('ref', name=op.f('pk_audit_words'))
    )
    _each(lambda value, column, key: vault().encrypt(value, column, key))


def downgrade() -> None:
    _each(lambda value, column, key: vault().decrypt(value, column, key))
    op.drop_table('audit_words')
    op.drop_column('audit_event', 'rows')
    op.drop_column('audit_event', 'words')


def _each(made: Callable[[str, str, str], str]) -> None:
    for name, key, columns in PLAIN:
        table = sa.table(name, *(sa.column(each, sa.Text()) for each in (key, *columns)))
        values: dict[str, Any] = {each: sa.bindparam(f'new_{each}') for each in columns}
        change = sa.update(table).where(table.c[key] == sa.bindparam('row_key')).values(values)
        last = ''
        while True:
            found = op.get_bind().execute(
                sa.select(*table.columns).where(table.c[key] > last).order_by(table.c[key]).limit(MANY)
            ).all()
            if not found:
                break
            last = found[-1][0]
            op.get_bind().execute(change, [
                {'row_key': row[0]}
                | {f'new_{each}': made(value, f'{name}.{each}', row[0]) for each, value in zip(columns, row[1:], strict=True)}
                for row in found
            ])
