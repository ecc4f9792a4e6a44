"""Say how often each system errs, how far readers agree, and which errors go with losing votes."""
