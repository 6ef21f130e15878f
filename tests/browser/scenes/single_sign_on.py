"""Signing in through a provider: none is set up in the demo office."""

PAGES = {"single sign-on": ("/office/single-sign-on", lambda _demo: "/office/single-sign-on")}
NOT_PAGES = ("/sign-in/single/{slug:str}", "/sign-in/single/back")
"""On the way to a provider and back: tests/server/test_single_sign_on.py."""
