"""What goes into a model as text and what comes out of it, for every engine; may import the protocol of adapters."""
