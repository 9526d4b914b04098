"""The playground and the command line. Imports the engine and the datasets; nothing imports it."""
