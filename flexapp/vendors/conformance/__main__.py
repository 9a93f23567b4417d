"""`python3 check_launch.pyz …`, or `python -m flexapp.vendors.conformance …`."""

from __future__ import annotations

import sys

try:
    from .program import main
except ModuleNotFoundError as missing:
    if missing.name not in ("cryptography", "httpx"):
        raise
    sys.exit("需要两个 Python 包：python3 -m pip install cryptography httpx")

sys.exit(main())
