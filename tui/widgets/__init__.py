"""The parts of the screen, one a file. Each shows frozen data that it is given, and says by messages what was done."""
