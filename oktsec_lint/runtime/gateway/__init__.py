"""One HTTP endpoint in front of every configured server. Imported by `run` without a command, and by nothing else."""
