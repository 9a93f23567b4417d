"""Tables in files: read as people save them, and written so that a spreadsheet leaves them alone.

`read` takes the bytes of a file, CSV or workbook, and gives its rows under the names of the columns
that are wanted; `as_csv` and `as_xlsx` write. Nothing here knows what the columns mean.
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
