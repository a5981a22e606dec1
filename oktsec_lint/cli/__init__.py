"""The command line: one module a command, each a thin shell that asks `audit` and hands the report on.

Nothing here decides anything about a finding. Heavy imports stay inside the functions that need them, so that a static
scan does not pay for a live one.
"""
