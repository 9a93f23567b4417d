"""经办窗口: staff of townships, halls and the agency, each signed in with two factors.

What each kind of counter may do for residents is settled in rules/capabilities.py and asked by the
services, not by the pages.
"""
