"""经办窗口: staff of townships, halls and the agency. Nothing is served here yet.

What each kind of counter may do is settled already, in rules/capabilities.py, and asked by the
services; the pages come with staff sign-in.
"""
