"""Attestations: what named people say of what no agent can see."""
