"""What people said of finished cases can be encrypted with another key, and still not changed.

A change of `sentence` or `answer` is let through where the value before and the one after name
different keys and nothing else in the row changes. The database cannot tell whether both hold the
same words; but nobody without the key can write a value that opens, and whoever has it does it in
the one place that seals anew what it has opened (`people/key_rotation.py`).

Revision ID: 0017
Revises: 0016
"""

from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

ALWAYS = ('id', 'case_seq', 'business', 'channel', 'division', 'level', 'created_at')
SAID = 'case_seq, business, channel, division, level, sentence, created_at'
ANSWERED = 'handled_at, handled_by, answer'
FAULT = 'a rating is not changed'


def upgrade() -> None:
    same = [f'NEW.{name} {_is()} OLD.{name}' for name in ALWAYS]
    answered = ['handled_at', 'handled_by']
    said = ' AND '.join([*same, _sealed_anew('sentence')])
    kept = ' AND '.join([*(f'NEW.{name} {_is()} OLD.{name}' for name in answered), _sealed_anew('answer')])
    _drop()
    _create('rating_unchanged', f'BEFORE UPDATE OF {SAID} ON rating', f'WHEN (NOT ({said}))')
    _create('rating_answered_once', f'BEFORE UPDATE OF {ANSWERED} ON rating', f'WHEN (OLD.handled_at IS NOT NULL AND NOT ({kept}))')


def downgrade() -> None:
    _drop()
    _create('rating_unchanged', f'BEFORE UPDATE OF {SAID} ON rating', '')
    _create('rating_answered_once', f'BEFORE UPDATE OF {ANSWERED} ON rating', 'WHEN (OLD.handled_at IS NOT NULL)')


def _sqlite() -> bool:
    return op.get_bind().dialect.name == 'sqlite'


def _is() -> str:
    """Equal, or both empty."""
    return 'IS' if _sqlite() else 'IS NOT DISTINCT FROM'


def _sealed_anew(column: str) -> str:
    """The same as before, or a value under another key in place of one."""
    at = 'instr({0}, \':\')' if _sqlite() else 'strpos({0}, \':\')'
    old, new = f'OLD.{column}', f'NEW.{column}'
    old_key, new_key = (f'substr({each}, 1, {at.format(each)})' for each in (old, new))
    both = f'{old} IS NOT NULL AND {new} IS NOT NULL'
    named = f"{old_key} <> '' AND {new_key} <> '' AND {old_key} <> {new_key}"
    return f'({new} {_is()} {old} OR ({both} AND {named}))'


def _drop() -> None:
    for name in ('rating_unchanged', 'rating_answered_once'):
        op.execute(f'DROP TRIGGER {name}' + ('' if _sqlite() else ' ON rating'))


def _create(name: str, when: str, condition: str) -> None:
    if _sqlite():
        op.execute(f"CREATE TRIGGER {name} {when} {condition} BEGIN SELECT RAISE(ABORT, '{FAULT}'); END")
    else:
        op.execute(f'CREATE TRIGGER {name} {when} FOR EACH ROW {condition} EXECUTE FUNCTION rating_refuse()')
