import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongjian.sealing.keys import Broken, KeyRing, UnknownKey, front_of, ring

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
HERE = b"parties.contact.phone"


@given(st.binary(max_size=400), st.binary(max_size=40))
def test_what_is_sealed_opens_again(plain, bound_to):
    keys = KeyRing({"2": NEW, "1": OLD})
    sealed = keys.seal(plain, bound_to)
    assert keys.open(sealed, bound_to) == plain
    assert sealed.startswith(front_of("2"))
    assert len(plain) < 8 or plain not in sealed


def test_the_same_text_is_never_sealed_the_same_way():
    keys = KeyRing({"1": OLD})
    assert len({keys.seal("刘小明".encode(), HERE) for _ in range(50)}) == 50


def test_a_value_moved_to_another_column_does_not_open():
    keys = KeyRing({"1": OLD})
    with pytest.raises(Broken):
        keys.open(keys.seal(b"13812345678", HERE), b"parties.contact.name")


@given(st.data())
def test_a_changed_value_does_not_open(data):
    keys = KeyRing({"1": OLD})
    sealed = bytearray(keys.seal(b"13812345678", HERE))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises((Broken, UnknownKey)):
        keys.open(bytes(sealed), HERE)


@given(st.binary(max_size=60))
def test_loose_bytes_are_no_sealed_value(loose):
    with pytest.raises((Broken, UnknownKey)):
        KeyRing({"1": OLD}).open(loose, HERE)


def test_the_first_key_seals_and_all_open():
    sealed = KeyRing({"1": OLD}).seal(b"x", HERE)
    both = KeyRing({"2": NEW, "1": OLD})
    assert both.open(sealed, HERE) == b"x"
    assert not both.is_current(sealed)
    assert both.is_current(both.seal(b"x", HERE))
    with pytest.raises(UnknownKey):
        KeyRing({"2": NEW}).open(sealed, HERE)


def test_one_key_id_that_begins_like_another_is_not_taken_for_it():
    long, short = KeyRing({"12": OLD}), KeyRing({"1": OLD, "12": OLD})
    assert not short.is_current(long.seal(b"x", HERE))


@pytest.mark.parametrize("keys", [{}, {"": OLD}, {"钥": OLD}, {"1": b"short"}, {"k" * 256: OLD}])
def test_a_bad_ring_is_refused_at_the_start(keys):
    with pytest.raises(ValueError):
        KeyRing(keys)


def test_the_ring_follows_the_settings(settings):
    assert ring() is ring()
    settings.SEALING_KEYS = {"9": NEW}
    assert ring().current == "9"
