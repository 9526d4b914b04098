"""Benchmarks: how fast networks of mgrad learn beside numpy, torch and jax, all measured in one run.

`python -m benchmarks` runs everything, `python -m benchmarks W1 W3` a part. The peers are the extra `bench`.
"""
