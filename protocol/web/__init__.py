"""Pages of protocols: a study's file, a comparison with another, and a new study from one."""
