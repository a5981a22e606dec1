"""Calls that are answered later: a limit on a tool's answer holds for what its task brings.

A task-augmented call (2025-11-25) and one that a server defers by itself (the tasks extension of 2026-07-28) are both
answered with a task first; `tasks/result` or `tasks/get` brings the result.
"""

from __future__ import annotations

from collections.abc import Mapping

from oktsec_lint.core.model import JsonValue

from .message import members, text_in

_MOST = 10_000


class Tasks:
    """Which tool each task runs."""

    def __init__(self) -> None:
        self._tools: dict[str, str] = {}

    def begun(self, tool: str, result: Mapping[str, JsonValue]) -> None:
        """Remembers the task in the answer to a call of `tool`, if there is one; beyond the limit not the oldest."""
        task = members(result.get("task")) or (result if result.get("resultType") == "task" else {})
        name = text_in(task.get("taskId"))
        if name:
            self._tools[name] = tool
            if len(self._tools) > _MOST:
                del self._tools[next(iter(self._tools))]

    def tool(self, method: str, params: Mapping[str, JsonValue]) -> str:
        """The tool that a message names or asks about; empty for none."""
        if method == "tools/call":
            return text_in(params.get("name"))
        return self._tools.get(text_in(params.get("taskId")), "") if "tasks/" in method else ""
