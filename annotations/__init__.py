"""Studies, who rates in them, and what they answered; imports models_runner, lib, jobs and stats."""
