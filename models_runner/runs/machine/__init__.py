"""What a run is written on: the machine, for its record, and the energy that it takes."""
