"""Who a caller is: by which proof a gateway recognises one, and what a bearer token stands for.

The parts are imported by name: a check needs `door`, and only who compares tokens needs digests.
"""
