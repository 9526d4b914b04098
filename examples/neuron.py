"""A neuron: what happens between its inputs and its output, node by node.

Prints every step of bias + w1·x1 + w2·x2 and the activation over it, with the derivative of the output by each.
"""

from mgrad.engine import Neuron, Value


def main() -> None:
    neuron = Neuron(2, "tanh", seed=7)
    x1 = Value(0.5, "x1", learnable=False)
    x2 = Value(-1.0, "x2", learnable=False)

    output = neuron([x1, x2])
    output.backward()

    print(f"{'node':<10}{'value':>9}{'d output':>11}   made of")
    for node in output.nodes():
        formula = node.formula() if node.operation else "learns" if node.learnable else "input"
        print(f"{node.label:<10}{node.data:>+9.4f}{node.grad:>+11.4f}   {formula}")

    # A slope tells what a small change does: move w1 a little and compare.
    w1, step = neuron.weights[0], 0.001
    before, foreseen = output.data, w1.grad * step
    w1.data += step
    print(f"w1 + {step}: foreseen {foreseen:+.7f}, happened {output.recalculate() - before:+.7f}")


if __name__ == "__main__":
    main()
