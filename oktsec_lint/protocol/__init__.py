"""How MCP talks: bytes to messages and back, and the conversation that lists what a server offers.

Pure: no socket, process, file, clock or thread. A conversation is a generator that says what to send and what to wait
for; whoever owns the bytes (`collect/`) obeys it. So both transports share one conversation, and tests need neither.
"""
