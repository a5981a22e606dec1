"""What gateways on several machines share, in PostgreSQL. Imported only where `db_backend: postgres` is configured.

Needs `psycopg` (the extra `oktsec-lint[postgres]`).
"""
