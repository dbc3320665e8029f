"""Frames arrive whole, in order, however the stream is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.errors import WireError
from sdtui.wire.frames import HEAD, MAX_FRAME_BYTES, Frame, FrameReader, pack

frames = st.lists(st.tuples(st.binary(max_size=300), st.binary(max_size=300)), max_size=8)


@given(frames, st.lists(st.integers(1, 50), min_size=1, max_size=20))
def test_frames_survive_any_chunking(sent, sizes):
    stream = b"".join(pack(json, blob) for json, blob in sent)
    reader, got, at, turn = FrameReader(), [], 0, 0
    while at < len(stream):
        size = sizes[turn % len(sizes)]
        got += reader.feed(stream[at : at + size])
        at, turn = at + size, turn + 1
    assert got == [Frame(json, blob) for json, blob in sent]
    assert reader.pending_bytes == 0


def test_a_cut_frame_is_pending():
    reader = FrameReader()
    assert reader.feed(pack(b"{}", b"blob")[:-1]) == []
    assert reader.pending_bytes == HEAD.size + 5


@pytest.mark.parametrize("head", [(MAX_FRAME_BYTES, 0), (0, MAX_FRAME_BYTES), (2**32 - 1, 2**32 - 1)])
def test_a_frame_that_claims_too_much_is_refused_before_it_is_read(head):
    with pytest.raises(WireError, match="no frame of ours"):
        FrameReader().feed(HEAD.pack(*head))


def test_too_large_a_message_is_not_sent():
    with pytest.raises(WireError, match="16 MB"):
        pack(b"{}", bytes(MAX_FRAME_BYTES))
