"""Fine-tuning a compact model; may import runs and what runs may."""
