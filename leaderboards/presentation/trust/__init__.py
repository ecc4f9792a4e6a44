"""The page on trust: words and rows, without figures of systems on which too little was said."""
