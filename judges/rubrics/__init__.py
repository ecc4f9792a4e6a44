"""What judges are told to look at: the texts that come with the project, by criterion; imports the models alone."""
