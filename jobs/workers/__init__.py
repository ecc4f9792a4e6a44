"""The processes that work: started, seen to be alive, told to end, and started anew when idle; may import the rest."""
