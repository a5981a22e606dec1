"""The linter and the guard for MCP servers: one judge behind `scan` and `run`."""

__version__ = "0.1.0"
