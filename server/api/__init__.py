"""The API under ``/v1``: one module a noun, each with its ``ROUTES``, for tokens alone."""
