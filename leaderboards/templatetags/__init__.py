"""Tags that show results on pages of other apps; may import everything of this one."""
