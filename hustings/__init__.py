"""The contract of Hustings: facts, verdicts, reports and signatures.

This is the only import name outsiders may rely on.
"""

__version__ = "0.1.0"
