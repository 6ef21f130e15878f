"""Which rights are used: statement logs of PostgreSQL, MariaDB and MySQL, read in a stream.

A log's format cuts bytes into records; a ``Tally`` counts who ran which *shape* of statement, each distinct shape
is parsed once into the rights it needs, and the store keeps counts and offset in one transaction, so that reading
may be ended at any moment and taken up again. Nothing of a statement but its shape, without any literal, is kept.
"""
