"""Forms, one module per subject: they turn input into typed values and never change anything."""
