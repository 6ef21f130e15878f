"""What is kept, for how long, and how it goes: backups, retention, legal holds, the end of an office."""
