"""How a transformers model gets onto this machine's devices: settings, number formats, and a plan before it loads."""
