"""The screens, one a file: the playground itself, and what opens over it."""
