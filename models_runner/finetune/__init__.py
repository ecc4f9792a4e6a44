"""Fine-tune a compact model; may import runs and what runs may import."""
