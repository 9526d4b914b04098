"""Networks: labels, first parameters, the order of adding up, errors, and how they print."""

import gc
import math
import random
import statistics
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.engine.errors import MgradError, OptionError, ShapeError
from mgrad.engine.graph import Constant, Value
from mgrad.engine.network import ACTIVATIONS, INITS, MLP, Layer, Neuron

finite = st.floats(-1e6, 1e6)


def single(output: Value | list[Value]) -> Value:
    assert isinstance(output, Value)
    return output


def inputs(*numbers: float) -> list[Value]:
    return [Value(number, f"x{i}", learnable=False) for i, number in enumerate(numbers, start=1)]


class TestLabels:
    def test_parameters_are_named_by_layer_neuron_and_input(self) -> None:
        net = MLP(2, [2, 1])

        assert [parameter.label for parameter in net.parameters()] == [
            "layer1.neuron1.w1",
            "layer1.neuron1.w2",
            "layer1.neuron1.b",
            "layer1.neuron2.w1",
            "layer1.neuron2.w2",
            "layer1.neuron2.b",
            "layer2.neuron1.w1",
            "layer2.neuron1.w2",
            "layer2.neuron1.b",
        ]

    def test_inner_nodes_are_named_on_the_way_to_the_output(self) -> None:
        output = single(MLP(2, [1, 1], activation="tanh")(inputs(1.0, 2.0)))

        assert [node.label for node in output.nodes() if node.operation] == [
            "layer1.neuron1.product1",
            "layer1.neuron1.sum1",
            "layer1.neuron1.product2",
            "layer1.neuron1.pre",
            "layer1.neuron1",
            "layer2.neuron1.product1",
            "layer2.neuron1",  # a linear neuron's sum is its output
        ]

    def test_a_neuron_can_be_found_by_its_label(self) -> None:
        output = single(MLP(2, [3, 1])(inputs(1.0, 2.0)))

        neuron = output["layer1.neuron3"]
        assert neuron.operation is not None
        assert neuron.operation.name == "relu"
        assert neuron.operands[0].label == "layer1.neuron3.pre"

    def test_a_second_call_in_one_graph_numbers_its_repeats(self) -> None:
        net = MLP(1, [1])
        x1, x2 = inputs(1.0, 2.0)

        both = single(net([x1])) + single(net([x2]))

        assert both["layer1.neuron1~2"].operands[1].operands[1] is x2
        assert both["layer1.neuron1.w1"] is net.layers[0].neurons[0].weights[0]

    def test_a_neuron_on_its_own_has_short_labels(self) -> None:
        neuron = Neuron(2, "tanh")

        assert [parameter.label for parameter in neuron.parameters()] == ["w1", "w2", "b"]
        made = [node.label for node in neuron([1.0, 2.0]).nodes() if node.operation]
        assert made == ["product1", "sum1", "product2", "pre", "neuron"]

    def test_a_layer_on_its_own_begins_with_the_neuron(self) -> None:
        layer = Layer(1, 2)

        assert [parameter.label for parameter in layer.parameters()] == [
            "neuron1.w1",
            "neuron1.b",
            "neuron2.w1",
            "neuron2.b",
        ]

    def test_a_label_tells_two_layers_of_their_own_apart(self) -> None:
        first, second = Layer(1, 2, label="first"), Layer(2, 1, label="second")

        output = single(second(first([1.0])))

        assert output["first.neuron2.w1"] is first.neurons[1].weights[0]
        assert output["second.neuron1.w2"] is second.neurons[0].weights[1]


class TestCalls:
    @given(st.lists(st.tuples(finite, finite), min_size=1, max_size=6), finite)
    def test_a_neuron_adds_from_the_left_beginning_with_its_bias(
        self, pairs: list[tuple[float, float]], bias: float
    ) -> None:
        neuron = Neuron(len(pairs), "linear")
        neuron.bias.data = bias
        for weight, (number, _) in zip(neuron.weights, pairs, strict=True):
            weight.data = number

        output = neuron([x for _, x in pairs])

        expected = bias
        for weight, x in pairs:
            expected += weight * x
        assert output.data == expected

    @pytest.mark.parametrize(
        ("activation", "expected"),
        [("relu", 0.0), ("tanh", math.tanh(-0.5)), ("sigmoid", 1 / (1 + math.exp(0.5))), ("linear", -0.5)],
    )
    def test_activations(self, activation: str, expected: float) -> None:
        neuron = Neuron(1, activation)
        neuron.weights[0].data, neuron.bias.data = 2.0, -1.5

        assert neuron([0.5]).data == pytest.approx(expected, abs=1e-15)

    def test_one_output_is_a_node_and_several_are_a_list(self) -> None:
        assert isinstance(MLP(2, [3, 1])([1.0, 2.0]), Value)
        outputs = MLP(2, [3, 2])([1.0, 2.0])
        assert isinstance(outputs, list)
        assert [output.label for output in outputs] == ["layer2.neuron1", "layer2.neuron2"]

    def test_a_narrow_hidden_layer_is_no_obstacle(self) -> None:
        assert single(MLP(2, [1, 1, 1])([1.0, 2.0])).find("layer3.neuron1") is not None

    def test_no_hidden_layer(self) -> None:
        net = MLP(2, [1], activation="tanh")

        assert net.layers[0].activation == "linear"
        assert [parameter.label for parameter in net.parameters()] == [
            "layer1.neuron1.w1",
            "layer1.neuron1.w2",
            "layer1.neuron1.b",
        ]

    def test_numbers_become_inputs_that_do_not_learn(self) -> None:
        output = single(MLP(2, [2, 1])([3, -0.5]))

        assert [output["x1"].data, output["x2"].data] == [3.0, -0.5]
        assert not output["x1"].learnable
        assert sum(node.label.startswith("x") for node in output.nodes()) == 2  # shared by both neurons

    def test_the_gradient_of_an_input_is_there_to_look_at(self) -> None:
        net = MLP(1, [1])
        output = single(net([4.0]))

        output.backward()

        assert not isinstance(output["x1"], Constant)
        assert output["x1"].grad == net.weights()[0].data

    def test_a_single_input_may_stand_without_a_list(self) -> None:
        net = MLP(1, [1], seed=1)

        assert single(net(Value(0.5))).data == single(net([0.5])).data

    def test_learning_brings_the_loss_down(self) -> None:
        net = MLP(2, [4, 1], activation="tanh", seed=3)
        loss = (single(net([0.5, -1.0])) - 0.3) ** 2
        before = loss.data

        for _ in range(50):
            loss.learn(0.05)
            loss.recalculate()

        assert loss.data < before / 100


class TestParameters:
    def test_weights_are_the_parameters_without_biases(self) -> None:
        net = MLP(3, [4, 2])

        assert len(net.parameters()) == 3 * 4 + 4 + 4 * 2 + 2
        assert [weight.label for weight in net.weights()] == [
            parameter.label for parameter in net.parameters() if not parameter.label.endswith(".b")
        ]

    def test_zero_grad(self) -> None:
        net = MLP(1, [1])
        single(net([2.0])).backward()
        assert [parameter.grad for parameter in net.parameters()] == [2.0, 1.0]

        net.zero_grad()

        assert [parameter.grad for parameter in net.parameters()] == [0.0, 0.0]

    def test_an_activation_for_each_hidden_layer(self) -> None:
        net = MLP(2, [3, 3, 1], activation=["tanh", "sigmoid"], output="tanh")

        assert [layer.activation for layer in net.layers] == ["tanh", "sigmoid", "tanh"]


class TestInit:
    def test_the_same_seed_gives_the_same_parameters(self) -> None:
        first, again, other = (MLP(2, [3, 1], seed=seed) for seed in (7, 7, 8))

        assert [p.data for p in first.parameters()] == [p.data for p in again.parameters()]
        assert [p.data for p in first.weights()] != [p.data for p in other.weights()]

    def test_a_seed_leaves_pythons_own_random_alone(self) -> None:
        random.seed(5)
        before = random.getstate()

        MLP(2, [3, 1], init="he", seed=7)

        assert random.getstate() == before

    def test_without_a_seed_pythons_own_random_decides(self) -> None:
        random.seed(1337)
        net = MLP(2, [2, 1])

        random.seed(1337)
        assert [weight.data for weight in net.weights()] == [random.uniform(-1, 1) for _ in range(6)]

    def test_neurons_of_a_seeded_layer_differ(self) -> None:
        layer = Layer(1, 3, seed=7)

        assert len({neuron.weights[0].data for neuron in layer.neurons}) == 3

    @pytest.mark.parametrize(
        ("init", "limit"), [("uniform", 1.0), ("playground", 0.5), ("xavier", math.sqrt(6 / (20 + 60)))]
    )
    def test_uniform_weights_fill_their_range(self, init: str, limit: float) -> None:
        weights = [weight.data for neuron in Layer(20, 60, init=init, seed=7).neurons for weight in neuron.weights]

        assert -limit <= min(weights) < -0.98 * limit
        assert 0.98 * limit < max(weights) <= limit
        assert statistics.pstdev(weights) == pytest.approx(limit / math.sqrt(3), rel=0.1)

    def test_he_weights_are_normal_with_the_deviation_of_their_inputs(self) -> None:
        weights = MLP(50, [40], init="he", seed=7).weights()

        numbers = [weight.data for weight in weights]
        assert statistics.pstdev(numbers) == pytest.approx(math.sqrt(2 / 50), rel=0.1)
        assert max(map(abs, numbers)) > 2.5 * math.sqrt(2 / 50)  # a normal distribution has tails

    @pytest.mark.parametrize(("init", "bias"), [("uniform", 0), ("playground", 0.1), ("xavier", 0), ("he", 0)])
    def test_biases(self, init: str, bias: float) -> None:
        net = MLP(2, [3, 1], init=init)

        assert {neuron.bias.data for layer in net.layers for neuron in layer.neurons} == {bias}

    def test_every_table_row_is_listed_under_its_own_name(self) -> None:
        assert [init.name for init in INITS.values()] == list(INITS)
        assert list(ACTIVATIONS) == ["relu", "tanh", "sigmoid", "linear"]


class TestErrors:
    @pytest.mark.parametrize("sizes", [[], 16, "16", [0], [4, -1], [2.5], None])
    def test_sizes_that_make_no_layers(self, sizes: object) -> None:
        with pytest.raises(ShapeError, match=r"must (list the neurons|be a whole number)"):
            MLP(2, sizes)  # pyright: ignore[reportArgumentType]

    @pytest.mark.parametrize("make", [lambda: MLP(0, [1]), lambda: Layer(0, 1), lambda: Layer(1, 0), lambda: Neuron(0)])
    def test_counts_below_one(self, make) -> None:
        with pytest.raises(ShapeError, match=r"is 0, but must be a whole number, 1 or more"):
            make()

    def test_the_wrong_layer_is_named(self) -> None:
        with pytest.raises(ShapeError, match=r"size of layer 2 is 0"):
            MLP(2, [4, 0, 1])

    def test_a_list_of_activations_has_one_for_each_hidden_layer(self) -> None:
        with pytest.raises(ShapeError, match=r"lists 3 names for 2 hidden layers"):
            MLP(2, [4, 4, 1], activation=["relu", "relu", "tanh"])

    def test_activation_of_another_kind(self) -> None:
        with pytest.raises(OptionError, match=r"activation is 3, but must be a name or a list"):
            MLP(2, [4, 1], activation=3)  # pyright: ignore[reportArgumentType]

    @pytest.mark.parametrize(
        ("option", "wrong", "near"),
        [("activation", "thanh", "tanh"), ("output", "liner", "linear"), ("init", "javier", "xavier")],
    )
    def test_unknown_names_get_the_nearest_one(self, option: str, wrong: str, near: str) -> None:
        with pytest.raises(OptionError, match=rf"{option} is '{wrong}'.*Did you mean '{near}'"):
            MLP(2, [4, 1], **{option: wrong})  # pyright: ignore[reportArgumentType]

    def test_an_unknown_activation_is_found_even_without_hidden_layers(self) -> None:
        with pytest.raises(OptionError):
            MLP(2, [1], activation="thanh")

    @pytest.mark.parametrize("module", [MLP(2, [1]), Layer(2, 1), Neuron(2)])
    @pytest.mark.parametrize("given", [[1.0], [1.0, 2.0, 3.0], [], 1.0, Value(1.0)])
    def test_the_wrong_number_of_inputs(self, module, given) -> None:
        with pytest.raises(ShapeError, match=r"inputs are given, but 2 are needed"):
            module(given)

    def test_an_input_that_is_no_number(self) -> None:
        with pytest.raises(MgradError, match="'red'"):
            MLP(2, [1])([1.0, "red"])  # pyright: ignore[reportArgumentType]


class TestPrinting:
    def test_a_table_of_layers(self) -> None:
        table = str(MLP(2, [16, 16, 1], activation=["relu", "tanh"]))

        assert table.splitlines() == [
            "MLP with 2 inputs",
            "layer   neurons  activation  parameters",
            "layer1       16  relu                48",
            "layer2       16  tanh               272",
            "layer3        1  linear              17",
            "total        33                     337",
        ]

    def test_one_input_is_singular(self) -> None:
        assert str(MLP(1, [1])).startswith("MLP with 1 input\n")

    def test_reprs_are_short(self) -> None:
        assert repr(MLP(2, [16, 1])) == "MLP(2, [16, 1])"
        assert repr(Layer(2, 4)) == "Layer(2, 4, 'relu')"
        assert repr(Neuron(3, "tanh")) == "Neuron(3, 'tanh')"


class TestLargeNetworks:
    def test_fifty_thousand_weights_take_no_noticeable_time(self) -> None:
        begin = time.process_time()
        net = MLP(784, [64, 10])
        outputs = net([0.5] * 784)
        seconds = time.process_time() - begin

        assert isinstance(outputs, list)
        assert len(net.parameters()) == 50_890
        assert seconds < 1.5  # a tenth of it on a quiet machine; the test finds what grows with the square

    @pytest.mark.parametrize("enabled", [True, False])
    def test_pythons_collector_is_left_as_it_was(self, enabled: bool) -> None:
        was_enabled = gc.isenabled()
        (gc.enable if enabled else gc.disable)()
        try:
            MLP(2, [3, 1])([1.0, 2.0])
            assert gc.isenabled() is enabled
        finally:
            (gc.enable if was_enabled else gc.disable)()
