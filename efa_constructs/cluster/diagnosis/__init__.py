"""Why jobs of a cluster do not run: the root cause first, each cause once, in the words of what refused."""
