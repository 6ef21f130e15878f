"""The agent: looks, judges, signs, spools and sends; it never changes the machine."""
