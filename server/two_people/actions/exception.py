"""Accepting a failure for a while."""

from server.pages.language import N_
from server.records import EXCEPTION
from server.two_people.wishes import action

ACTION = action(EXCEPTION, N_("Accept a failure for a while"))
