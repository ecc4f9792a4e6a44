"""How a transformers model gets onto this machine's devices: settings, formats, GGUF files, a plan before it loads."""
