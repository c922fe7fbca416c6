"""TOML files: small and shallow, or refused before they cost anything."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

import pytest
from pace import slower

from eventnet.base.files import MOST_TOML_BYTES, parse_toml, read_toml
from eventnet.errors import DataError

DEEP_IN_TEXT = '''
a = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[" # {{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{
b = """a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u = "[" ""[[ """
c.d.e = [[1, 2], [3, {x = 1}]]
f = 'a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u'
'''


def test_a_text_is_read_as_tomllib_reads_it() -> None:
    assert parse_toml(DEEP_IN_TEXT, "the text") == tomllib.loads(DEEP_IN_TEXT)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a = " + "[" * 50_000, "more than 32 brackets open near line 1"),
        ("\na = " + "{a = " * 40, "more than 32 brackets open near line 2"),
        ("a." * 50_000 + "a = 1", "a key of more than 16 parts near line 1"),
        ("[" + "a . " * 50_000 + "a]", "a key of more than 16 parts"),
        ("a = " + "9" * 5_000, "is no TOML"),
        ("a = [{b = 0x" + "f" * 5_000 + "}]", "a.b in the text is a whole number beyond 64 bits"),
        ("a = 9223372036854775808", "a in the text is a whole number beyond 64 bits"),
        ("a = '" + "b" * MOST_TOML_BYTES + "'", "characters; at most"),
        ("a = ", "is no TOML"),
        ('a = """', "is no TOML"),
    ],
)
def test_what_would_cost_much_is_refused_at_once(text: str, says: str) -> None:
    begun = time.process_time()
    with pytest.raises(DataError, match=says):
        parse_toml(text, "the text")
    assert time.process_time() - begun < 1 * slower()


@pytest.mark.parametrize(
    "text", ["a" * 900_000, '"' * 900_001, '"""\\' * 200_000, "'" * 900_001, "a " * 400_000, "\\" * 900_000]
)
def test_the_look_at_a_text_takes_time_by_its_length_alone(text: str) -> None:
    begun = time.process_time()
    with pytest.raises(DataError):
        parse_toml(text, "the text")
    assert time.process_time() - begun < 2 * slower()


def test_a_file_that_is_too_large_or_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"#" * (MOST_TOML_BYTES + 1))
    with pytest.raises(DataError, match=r"a.toml has 1,048,577 bytes or more; at most 1,048,576 are read"):
        read_toml(tmp_path / "a.toml")
    (tmp_path / "a.toml").write_bytes(b"a = 1 # \xff")
    with pytest.raises(DataError, match=r"a.toml is no text: byte 8 is 255"):
        read_toml(tmp_path / "a.toml")
