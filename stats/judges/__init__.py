"""Judges held against people: agreement, biases, standing in, helped votes; may import all rooms but decisions."""
