"""What to do with a transcript that is longer than a model reads; may import the protocol of adapters."""
