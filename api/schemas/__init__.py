"""What the API takes and answers, one module for each subject. May import models and gate, never resources."""
