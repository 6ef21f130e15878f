def looks_like(text: str) -> bool:
    return False
