"""PDF pages: data in, a tagged PDF out."""
