"""Judging directories of accounts: who can sign in, how, and who should not."""
