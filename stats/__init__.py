"""Statistics: arrays in, frozen results out; imports numpy and scipy, never Django nor an app of ours."""
