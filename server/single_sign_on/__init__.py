"""Signing in through an organisation's own directory: Microsoft Entra ID, or another OpenID Connect provider."""
