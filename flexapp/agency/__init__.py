"""The agency (经办机构): published parameters, declaration years, the pilot and announcements.

The slices above read from here what is in force and what is open.
"""
