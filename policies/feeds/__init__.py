"""Feeds of vulnerabilities: imported by a person, compiled into one dated store, matched at each audit."""
