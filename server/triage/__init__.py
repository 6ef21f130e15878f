"""Findings with a life: what fails, what people do about it, and how long it takes. Nothing here changes a result."""
