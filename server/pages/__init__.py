"""The pages. Every module here that has ``ROUTES`` (Litestar handlers) is served, found by discovery."""
