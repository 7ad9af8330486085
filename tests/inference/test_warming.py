"""What is compiled beforehand is what a first picture needs."""

import pytest

from cellwright.inference.decoders import warm_decoder
from tests.inference.oracle import DECODINGS


@pytest.mark.parametrize("name", DECODINGS)
def test_a_made_up_answer_goes_through_every_decoder(name: str) -> None:
    warm_decoder(DECODINGS[name])
