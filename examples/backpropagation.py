"""Backpropagation by hand and by machine: a tanh neuron is taught to say 0.2.

A neuron with x1 = 2, x2 = 0, w1 = -3, w2 = 1 and b = 6.88137 says 0.7071, where tanh has the handy slope of one half.
The chain rule on paper must give what `backward` gives; then small steps against the gradient bring the output to 0.2.
"""

from mgrad.engine import parse


def main() -> None:
    output = parse("tanh(x1*w1 + x2*w2 + b)", x1=2.0, x2=0.0, w1=-3.0, w2=1.0, b=6.8813735870195432)
    loss = ((output - 0.2) ** 2).labelled("loss")
    loss.backward()

    print(f"output {output.data:.4f}, loss {loss.data:.4f}")
    slope = 2 * (output.data - 0.2) * (1 - output.data**2)  # d loss/d output, times the slope of tanh
    on_paper = {"w1": slope * 2.0, "w2": slope * 0.0, "b": slope * 1.0}
    for label, by_hand in on_paper.items():
        print(f"d loss/d {label:<2}  on paper {by_hand:+.6f}   backward {loss[label].grad:+.6f}")

    for step in range(1, 61):
        loss.learn(0.05)
        loss.recalculate()
        if step in (1, 2, 5, 10, 20, 40):
            print(f"after {step:>2} steps the neuron says {output.data:.4f}")

    print(f"taught: {output.data:.4f}")
    print("w2 never moved, since its input is 0:", loss["w2"].data)


if __name__ == "__main__":
    main()
