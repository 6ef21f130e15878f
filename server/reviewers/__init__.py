"""Outside reviewers: what an office grants them, what they see of it, and what of it leaves."""
