"""What transformers models of one architecture or size want from us; heavy libraries are imported on use."""
