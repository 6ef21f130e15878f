"""Identity providers and sign-ins under way."""
