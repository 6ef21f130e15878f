"""What needs two people. Every module here has an ``ACTION`` (``server.two_people.model.Action``)."""
