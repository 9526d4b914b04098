"""A network that learns XOR: four samples, one loss, and nothing but the graph.

The whole training set stands in a single graph. `learn` moves the parameters against their gradients, `recalculate`
computes the graph again; there is no other machinery.
"""

from mgrad.engine import MLP, Value

SAMPLES = [((-1.0, -1.0), -1.0), ((-1.0, 1.0), 1.0), ((1.0, -1.0), 1.0), ((1.0, 1.0), -1.0)]


def answer(net: MLP, inputs: tuple[float, float]) -> Value:
    output = net(inputs)
    assert isinstance(output, Value)  # with several outputs it would be a list of them
    return output


def main() -> None:
    net = MLP(2, [3, 1], activation="tanh", seed=7)
    print(net)

    outputs = [answer(net, inputs) for inputs, _ in SAMPLES]
    first, *others = [(output - target) ** 2 for output, (_, target) in zip(outputs, SAMPLES, strict=True)]
    loss = (sum(others, first) / len(SAMPLES)).labelled("loss")
    print(f"{loss.count()} nodes, of which {len(loss.parameters())} learn")

    for step in range(121):
        if step % 20 == 0:
            print(f"step {step:>3}: loss {loss.data:.6f}")
        loss.learn(0.1)
        loss.recalculate()

    for (inputs, target), output in zip(SAMPLES, outputs, strict=True):
        print(f"{inputs[0]:+.0f} xor {inputs[1]:+.0f}: {output.data:+.3f}, wanted {target:+.0f}")


if __name__ == "__main__":
    main()
