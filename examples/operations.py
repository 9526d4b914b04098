"""Operations: a small expression, its value, and the derivative by each of its parts.

Shows that arithmetic on Values remembers what it was made of, what a derivative foretells, and that the same graph can
be written as text.
"""

from mgrad.engine import Value, parse


def main() -> None:
    a = Value(-3.0, "a")
    b = Value(2.0, "b")
    product = (a * b).labelled("product")
    y = (product + b**3).relu(label="relu") + product / 2 - a

    y.backward()

    print(f"y = {y.data}")
    for label in ("a", "b", "product", "relu"):
        node = y[label]
        print(f"{label:>8} = {node.data:+.1f}    dy/d{label} = {node.grad:+.2f}")

    slope, before = b.grad, y.data
    b.data += 0.001
    y.recalculate()
    print(f"b + 0.001: y + {y.data - before:.6f}, and dy/db foretold {slope * 0.001:.6f}")

    # At a = -4 and b = 2 the relu stands exactly at its kink, where its slope counts as 0.
    a.data, b.data = -4.0, 2.0
    y.recalculate()
    y.backward()
    print(f"at the kink: y = {y.data}, dy/db = {b.grad:+.2f}")

    same = parse("relu(a*b + b**3) + a*b/2 - a", a=-3.0, b=2.0)
    print(f"written as text: y = {same.data}, {same.count()} nodes")


if __name__ == "__main__":
    main()
