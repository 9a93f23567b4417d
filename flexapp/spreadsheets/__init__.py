"""Reading and writing tables in CSV and Excel files.

`read` parses the bytes of a file and returns its rows by the names of the wanted columns. `as_csv`
and `as_xlsx` write tables whose values spreadsheet programs do not convert. The package does not
know the meaning of the columns.
"""

from flexapp.spreadsheets.model import (
    Cell,
    Column,
    Kind,
    Row,
    Sheet,
    Table,
)
from flexapp.spreadsheets.reading import read
from flexapp.spreadsheets.writing import (
    Amount,
    Text,
    Value,
    as_csv,
    as_xlsx,
)

__all__ = [
    "Amount",
    "Cell",
    "Column",
    "Kind",
    "Row",
    "Sheet",
    "Table",
    "Text",
    "Value",
    "as_csv",
    "as_xlsx",
    "read",
]
