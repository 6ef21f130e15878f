"""Signing in through a provider: none is set up in the demo office."""

PAGES = {"single sign-on": ("/office/single-sign-on", lambda _demo: "/office/single-sign-on")}
