"""What gateways on several machines share, in Redis. Imported only where `rate_limit.backend: redis` is configured.

Needs `redis` (the extra `oktsec-lint[redis]`), and a server or Valkey from version 5 on.
"""
