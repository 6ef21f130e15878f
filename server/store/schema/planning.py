"""Equipment, budgets, plans and their approvals."""
