"""The store: one module a noun, each a few functions over an open connection.

Callers open the transaction (``Database.read`` or ``Database.write``) and pass the connection and
the tenant; nothing here commits, and nothing here knows HTTP.
"""
