"""Directories of accounts as they were read: the contract between looking (``collectors``) and judging."""
