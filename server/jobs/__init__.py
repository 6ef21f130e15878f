"""The server's own timed work: a module a job, each with a ``JOB``; ``schedule`` finds and runs them all."""
