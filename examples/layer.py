"""A layer: neurons side by side over the same inputs.

Shows that each neuron sees the inputs with weights of its own, and that an input's gradient adds up over all of them.
"""

from mgrad.engine import Layer, Value


def main() -> None:
    layer = Layer(3, 4, "relu", seed=7)
    inputs = [Value(number, f"x{i}", learnable=False) for i, number in enumerate((1.0, -2.0, 0.5), start=1)]

    outputs = layer(inputs)
    assert isinstance(outputs, list)  # of a layer with one neuron it would be the node itself
    total = sum(outputs[1:], outputs[0]).labelled("total")
    total.backward()

    print(f"{layer!r} has {len(layer.parameters())} parameters")
    for neuron in layer.neurons:
        pre, output = total[f"{neuron.label}.pre"], total[neuron.label]
        weights = " ".join(f"{weight.data:+.2f}" for weight in neuron.weights)
        state = "passes" if output.data > 0 else "is silent"
        print(f"{neuron.label}: weights {weights}, sum {pre.data:+.3f}, output {output.data:.3f}, {state}")

    # A silent relu passes nothing back, so only the weights of neurons that pass count.
    for i, x in enumerate(inputs):
        parts = sum(neuron.weights[i].data for neuron in layer.neurons if total[neuron.label].data > 0)
        print(f"d total/d {x.label} = {x.grad:+.4f}, the sum of the weights that pass: {parts:+.4f}")


if __name__ == "__main__":
    main()
