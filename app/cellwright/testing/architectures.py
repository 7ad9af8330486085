"""What every architecture must keep, as tests to inherit.

A plugin author writes, in a test module::

    from cellwright.testing.architectures import ArchitectureTests

    class TestMine(ArchitectureTests):
        @pytest.fixture
        def architecture(self):
            return {"kind": "mine", "width": 8}

        @pytest.fixture
        def truth(self):
            return PixelTruth(torch.randint(0, 2, (2, 64, 96)))

and pytest runs every test of the class on the network that these words of a card mean: small, so that the tests are
quick. `truth` is what is true of two pictures of `size` pixels, in the type that the network learns from. Architectures
that compute by themselves (`cellwright.inference.OpensEngine`) have no network; test their models with `ModelTests`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from cellwright.core import CellwrightError, ModelNotUsable
from cellwright.nets import ARCHITECTURES, build

if TYPE_CHECKING:
    from torch import Tensor, nn

_STEPS = 12


class ArchitectureTests:
    """Laws of a network, checked on one.

    A subclass provides the fixtures `architecture` and `truth`.
    """

    size: ClassVar[tuple[int, int]] = (64, 96)
    """Rows and columns of the pictures, multiples of the network's ``max_stride``."""
    rate: ClassVar[float] = 1e-3
    """Step of Adam at which a few steps on one batch make its loss smaller."""

    @pytest.fixture
    def architecture(self) -> Mapping[str, Any]:
        """Return the words of a card; to be provided by the subclass."""
        raise NotImplementedError("Give your test class a fixture 'architecture': the words of a card.")

    @pytest.fixture
    def truth(self) -> Any:
        """Return what is true of two pictures; to be provided by the subclass."""
        raise NotImplementedError("Give your test class a fixture 'truth': what is true of two pictures of 'size'.")

    @pytest.fixture
    def network(self, architecture: Mapping[str, Any]) -> nn.Module:
        """Return the network, its weights drawn from a known seed."""
        import torch

        torch.manual_seed(0)
        return build(architecture)

    @pytest.fixture
    def images(self) -> Tensor:
        """Return two pictures."""
        import torch

        return torch.rand(2, 3, *self.size, generator=torch.Generator().manual_seed(1))

    def test_it_is_registered(self, architecture: Mapping[str, Any]) -> None:
        """Under the kind that the card names."""
        assert callable(ARCHITECTURES.load(str(architecture["kind"])))

    def test_unknown_words_are_mistakes(self, architecture: Mapping[str, Any]) -> None:
        """A card with a word that means nothing is refused, so that no slip goes unseen."""
        with pytest.raises(ModelNotUsable):
            build({**architecture, "no_such_word_anywhere": 1})

    def test_it_says_its_stride_and_refuses_other_sizes(self, network: nn.Module, images: Tensor) -> None:
        """Sides are multiples of ``max_stride``."""
        stride: Any = network.max_stride
        assert isinstance(stride, int)
        assert stride >= 1
        assert not any(side % stride for side in self.size), "give your test class a 'size' that fits"
        if stride > 1:
            with pytest.raises(CellwrightError):
                network.eval()(images[..., :-1])

    def test_it_answers_with_one_finite_tensor(self, network: nn.Module, images: Tensor) -> None:
        """For each picture, in float32 or what can become it."""
        import torch

        answer = _predict(network, images)
        assert isinstance(answer, torch.Tensor)
        assert answer.is_floating_point()
        assert len(answer) == len(images)
        assert torch.isfinite(answer).all()

    def test_the_same_picture_gets_the_same_answer(self, network: nn.Module, images: Tensor) -> None:
        """Nothing is drawn at random once training is over."""
        import torch

        torch.testing.assert_close(_predict(network, images), _predict(network, images), rtol=0, atol=0)

    def test_two_in_a_batch_are_answered_as_one_alone(self, network: nn.Module, images: Tensor) -> None:
        """So that results do not depend on how many are looked at at once."""
        import torch

        both = _predict(network, images)
        for row, image in enumerate(images):
            alone = _predict(network, image[None])[0]
            torch.testing.assert_close(both[row, : len(alone)], alone, rtol=1e-3, atol=1e-3)

    def test_weights_come_back_from_their_names(self, architecture: Mapping[str, Any], images: Tensor) -> None:
        """Everything that the answer depends on is in ``state_dict``: it is all that a model folder keeps."""
        import torch

        torch.manual_seed(0)
        first = build(architecture)
        torch.manual_seed(1)
        second = build(architecture)
        second.load_state_dict(first.state_dict())
        torch.testing.assert_close(_predict(second, images), _predict(first, images))

    def test_the_loss_is_the_sum_of_its_parts_and_reaches_every_weight(
        self, network: nn.Module, images: Tensor, truth: Any
    ) -> None:
        """A finite number whose gradient no weight is left out of."""
        import torch

        loss = _loss(network.train(), images, truth)
        assert loss.total.ndim == 0
        assert torch.isfinite(loss.total)
        torch.testing.assert_close(sum(loss.parts.values()), loss.total)
        loss.total.backward()
        learned = [(name, weight) for name, weight in network.named_parameters() if weight.requires_grad]
        assert learned
        assert [name for name, weight in learned if weight.grad is None or not torch.isfinite(weight.grad).all()] == []

    def test_it_can_learn(self, network: nn.Module, images: Tensor, truth: Any) -> None:
        """A few steps on one batch make its loss smaller."""
        import torch

        network.train()
        descent = torch.optim.Adam((each for each in network.parameters() if each.requires_grad), self.rate)
        losses: list[float] = []
        while len(losses) <= _STEPS and not (losses and losses[-1] < losses[0]):
            torch.manual_seed(2)  # networks that draw proposals draw the same ones
            loss = _loss(network, images, truth).total
            descent.zero_grad()
            loss.backward()
            descent.step()
            losses.append(float(loss.detach()))
        assert losses[-1] < losses[0]


def _predict(network: nn.Module, images: Tensor) -> Tensor:
    import torch

    with torch.inference_mode():
        answer: Tensor = network.eval().predict(images)  # type: ignore[operator]
    return answer


def _loss(network: nn.Module, images: Tensor, truth: Any) -> Any:
    return network.loss(images, truth)  # type: ignore[operator]
