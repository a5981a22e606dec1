"""What a thing is, and how it is judged.

Pure: nothing here reads a file, a socket, a clock or a random number, and nothing here knows YAML, the
command line or an SDK. Everything the rooms above exchange is a type of this room.
"""
