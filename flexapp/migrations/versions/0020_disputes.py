"""Cases of 不是我办的, also of what was disputed before there were any.

Revision ID: 0020
Revises: 0019
"""

import json

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

OPEN = sa.text('settled_at IS NULL')
AT_TAX = ('transmitted', 'paid', 'tax_revoking')


def upgrade() -> None:
    op.add_column('assessment', sa.Column('disputed_at', sa.DateTime(), nullable=True))
    op.create_table('dispute',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('about_seq', sa.Integer(), nullable=False),
    sa.Column('about_action', sa.String(), nullable=False),
    sa.Column('assessment_id', sa.Integer(), nullable=True),
    sa.Column('proxy_person_id', sa.Integer(), nullable=True),
    sa.Column('by_proxy', sa.Boolean(), nullable=False),
    sa.Column('staff_id', sa.Integer(), nullable=True),
    sa.Column('opened_at', sa.DateTime(), nullable=False),
    sa.Column('opened_label', sa.String(), nullable=False),
    sa.Column('under_way', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('settled_at', sa.DateTime(), nullable=True),
    sa.Column('settled_label', sa.String(), nullable=False),
    sa.Column('found', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['assessment_id'], ['assessment.id'], name=op.f('fk_dispute_assessment_id_assessment')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_dispute_person_id_person')),
    sa.ForeignKeyConstraint(['proxy_person_id'], ['person.id'], name=op.f('fk_dispute_proxy_person_id_person')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_dispute_staff_id_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispute'))
    )
    op.create_index('ix_dispute_person', 'dispute', ['person_id'])
    for name, column in (('event', 'about_seq'), ('assessment', 'assessment_id')):
        op.create_index(
            f'uq_dispute_open_{name}', 'dispute', [column], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
        )
    open_cases_of_before(op.get_bind())


def open_cases_of_before(connection: sa.Connection) -> None:
    """Nobody was told of what residents disputed: each becomes a case, but for what is revoked."""
    event = sa.table('audit_event', *map(sa.column, (
        'seq', 'at', 'action', 'person_id', 'subject', 'actor_kind', 'actor_id', 'actor_label', 'data')))
    assessment = sa.table('assessment', *map(sa.column, (
        'id', 'serial', 'state', 'claimed', 'disputed_at', 'by_proxy', 'made_by')))
    account = sa.table('account', sa.column('id'), sa.column('person_id'))
    dispute = sa.table('dispute', *map(sa.column, (
        'person_id', 'about_seq', 'about_action', 'assessment_id', 'proxy_person_id', 'by_proxy', 'staff_id',
        'opened_at', 'opened_label', 'under_way', 'state', 'settled_label')))
    taken: set[int] = set()
    seen: set[int] = set()
    said = sa.select(event).where(event.c.action == 'person.disputed').order_by(event.c.seq)
    for row in connection.execute(said).mappings().all():
        seq = json.loads(row['data']).get('about', '')
        about = connection.execute(sa.select(event).where(event.c.seq == int(seq or 0))).mappings().first()
        if about is None or about['seq'] in seen:
            continue
        seen.add(about['seq'])
        record = None
        if about['action'].startswith('assessment.'):
            found = sa.select(assessment).where(assessment.c.serial == about['subject'])
            record = connection.execute(found).mappings().first()
        if record is not None and (record['state'] == 'revoked' or record['id'] in taken):
            continue
        actor = about['actor_id'] if about['actor_kind'] == 'account' else None
        if actor is None and record is not None and record['by_proxy']:
            actor = record['made_by']
        proxy = connection.execute(sa.select(account.c.person_id).where(account.c.id == actor)).scalar()
        connection.execute(dispute.insert().values(
            person_id=row['person_id'],
            about_seq=about['seq'],
            about_action=about['action'],
            assessment_id=None if record is None else record['id'],
            proxy_person_id=None if proxy == row['person_id'] else proxy,
            by_proxy=actor is not None and proxy != row['person_id'],
            staff_id=about['actor_id'] if about['actor_kind'] == 'staff' else None,
            opened_at=row['at'],
            opened_label=row['actor_label'],
            under_way=record is not None and bool(record['claimed'] or record['state'] in AT_TAX),
            state='open',
            settled_label='',
        ))
        if record is not None:
            taken.add(record['id'])
            connection.execute(
                assessment.update().where(assessment.c.id == record['id']).values(disputed_at=row['at'])
            )


def downgrade() -> None:
    op.drop_index('uq_dispute_open_assessment', table_name='dispute')
    op.drop_index('uq_dispute_open_event', table_name='dispute')
    op.drop_index('ix_dispute_person', table_name='dispute')
    op.drop_table('dispute')
    op.drop_column('assessment', 'disputed_at')
