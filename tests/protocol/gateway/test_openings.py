"""What the gateway says of all its servers together."""

from __future__ import annotations

from oktsec_lint.protocol.gateway.openings import Said, agreed, capabilities, discovered, initialized, instructions

FILES = Said("files", "2025-11-25", {"tools": {}, "logging": {}, "tasks": {"list": {}}}, "Read before you write.")
NOTES = Said("notes", "2026-07-28", {"prompts": {}, "resources": {"subscribe": True}}, "")


def test_the_servers_can_do_together_what_any_of_them_can() -> None:
    both = capabilities([FILES, NOTES], modern=False)
    assert both == {
        "tools": {"listChanged": True},
        "logging": {},
        "tasks": {"list": {}},
        "prompts": {"listChanged": True},
        "resources": {"subscribe": True, "listChanged": True},
    }
    assert "tasks" not in capabilities([FILES], modern=True)


def test_instructions_stand_under_the_name_of_who_gives_them() -> None:
    assert instructions([FILES, NOTES]) == "Read before you write."
    other = NOTES._replace(instructions="Be brief.")
    assert instructions([FILES, other]) == "files: Read before you write.\n\nnotes: Be brief."
    assert "instructions" not in initialized("2025-11-25", (NOTES,))
    assert "instructions" not in discovered((NOTES,))


def test_an_unknown_revision_is_answered_with_the_newest_of_the_handshake() -> None:
    assert agreed("2025-03-26") == "2025-03-26"
    assert agreed("2026-07-28") == agreed("1999-01-01") == agreed(None) == "2025-11-25"
