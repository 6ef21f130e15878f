"""Access lists as PostgreSQL writes them; the texts were printed by PostgreSQL 16 and 18."""

from __future__ import annotations

import pytest

from collectors.access_postgresql_acl import Lists, elements, parse_item
from hustings.access.rights import mask
from hustings.access.state import PUBLIC, Entry


@pytest.mark.parametrize(("text", "entry"), [
    ("r_clerk=arw/vr_owner", Entry("r_clerk", mask("INSERT", "SELECT", "UPDATE"), 0, "vr_owner")),
    ("=Tc/postgres", Entry(PUBLIC, mask("TEMPORARY", "CONNECT"), 0, "postgres")),
    ("ann=r*w/bob", Entry("ann", mask("SELECT", "UPDATE"), mask("SELECT"), "bob")),
    ("o=arwdDxtm/o", Entry("o", mask("INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER",
                                     "MAINTAIN"), 0, "o")),
    ("o=UC/o", Entry("o", mask("USAGE", "CREATE"), 0, "o")),
    ('"a""b"=X/"x=y/z"', Entry('a"b', mask("EXECUTE"), 0, "x=y/z")),
    ('"Group One"=r*/"été"', Entry("Group One", mask("SELECT"), mask("SELECT"), "été")),
    ("ann=/o", Entry("ann", 0, 0, "o")),
])
def test_a_line_is_taken_apart(text: str, entry: Entry) -> None:
    assert parse_item(text) == entry


def test_an_array_is_unquoted() -> None:
    assert list(elements(r'{o=arw/o,"\"{brace}\"=r/o","\"a\"\"b\"=r/o"}')) == ['o=arw/o', '"{brace}"=r/o',
                                                                               '"a""b"=r/o']


def test_equal_lists_and_lines_are_kept_once() -> None:
    lists = Lists()
    first, again, other = (lists.place(one) for one in ("{o=arw/o,a=r/o}", "{o=arw/o,a=r/o}", "{a=r/o}"))
    assert first == again
    assert other != first
    assert len(lists.lists) == 2
    assert lists.lists[first][1] is lists.lists[other][0]
    assert lists.place("{}") == -1


@pytest.mark.parametrize("text", ["", "o=r/o", "{o}", '{"o=r/o}'])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        Lists().place(text)
