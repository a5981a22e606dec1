"""The files in which MCP clients keep their servers: one module a client, read leniently, as the client reads it.

A module names its keys and its references as a `Dialect` (`entries`) and says what only its client has. Keys that
nobody knows are left alone. Sources: the clients' own documentation and code, named in each module.
"""
