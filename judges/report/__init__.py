"""What a judge's verdicts on a study say: an outcome for each pair, and figures against people."""
