"""Least privilege worked out: effective rights, the difference to what is declared, and how to close it.

Pure functions over ``hustings.access`` types: nothing in here connects to a database.
"""
