"""Declaring with two signatures that something does not apply."""

from server.pages.language import N_
from server.records import NOT_APPLICABLE
from server.two_people.wishes import action

ACTION = action(NOT_APPLICABLE, N_("Declare that something does not apply"))
